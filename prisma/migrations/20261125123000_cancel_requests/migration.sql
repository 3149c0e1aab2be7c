-- What an administrator closes with all access of a person is neither withdrawn by its asker nor denied by an approver.
ALTER TABLE access_request DROP CONSTRAINT access_request_state_check;
ALTER TABLE access_request
  ADD COLUMN closed_by uuid REFERENCES person ON DELETE RESTRICT ON UPDATE CASCADE,
  ADD COLUMN close_reason text,
  ADD CONSTRAINT access_request_state_check CHECK (state IN ('pending', 'approved', 'denied', 'withdrawn', 'lapsed', 'cancelled')),
  ADD CONSTRAINT access_request_cancelled_with_reason
    CHECK ((state = 'cancelled') = (closed_by IS NOT NULL) AND (closed_by IS NULL) = (close_reason IS NULL));
GRANT UPDATE (closed_by, close_reason) ON access_request TO latchkey_app;
