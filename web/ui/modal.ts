/** The browser keeps the focus inside and closes on Escape; the focus goes back to where it came from. */
export function modal(dialog: HTMLDialogElement) {
  const opener = document.activeElement
  dialog.showModal()
  return () => {
    if (dialog.open) dialog.close()
    if (opener instanceof HTMLElement && opener.isConnected) opener.focus()
  }
}
