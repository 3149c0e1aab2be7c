import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.util.Properties;

/** Connects as the arguments say, with the token on standard input, and prints who one is there. */
public class Who {
  public static void main(String[] args) throws Exception {
    Properties properties = new Properties();
    properties.setProperty("user", args[1]);
    properties.setProperty(
        "password", new String(System.in.readAllBytes(), StandardCharsets.UTF_8));
    try (Connection connection = DriverManager.getConnection(args[0], properties);
        ResultSet row = connection.createStatement().executeQuery(
            "select current_user || ' by ' || current_setting('application_name')")) {
      row.next();
      System.out.println(row.getString(1));
    }
  }
}
