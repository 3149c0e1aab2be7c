import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.Properties;

/**
 * Connects as each line of standard input says (URL, user, password, with tabs between), and prints what a program
 * that does not catch would: the exception with its causes. A form feed ends each answer.
 */
public class Attempts {
  public static void main(String[] args) throws Exception {
    DriverManager.setLoginTimeout(5);
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      String[] part = line.split("\t", -1);
      Properties properties = new Properties();
      properties.setProperty("user", part[1]);
      if (!part[2].isEmpty()) {
        properties.setProperty("password", part[2]);
      }
      try (Connection connection = DriverManager.getConnection(part[0], properties)) {
        System.out.print("connected");
      } catch (Exception refused) {
        refused.printStackTrace(System.out);
      }
      System.out.print("\f");
      System.out.flush();
    }
  }
}
