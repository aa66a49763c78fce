package computehub.examples;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;

/** What the command line says. Without {@code publish} the counts are only printed. */
record Options(String brokers, String namespace, String application, Path state, String publish, Properties conf) {
  static final String USAGE =
      """
      deployment-counts --brokers HOST:PORT[,…] [--namespace NAME] [--application ID] [--state DIR] [--publish TOPIC]
                        [--conf-file FILE]

        --brokers      of Kafka
        --namespace    of ComputeHub; computehub unless given
        --application  several processes of one id share the work; NAMESPACE.deployment-counts unless given
        --state        folder of the local stores, one for each process of a machine; ~/.local/state/APPLICATION unless given
        --publish      topic that gets each count under its status, transactionally; made when it is not there
        --conf-file    properties of Kafka's clients, one NAME=VALUE a line: security.protocol, sasl.jaas.config, …;
                       with group.instance.id a process that was killed goes on as soon as it is started again
      """;

  /** What is wrong with a command line. */
  static final class Wrong extends Exception {
    private static final long serialVersionUID = 1;

    Wrong(String text) {
      super(text);
    }
  }

  static Options parse(List<String> arguments) throws Wrong {
    var given = new Properties();
    for (int i = 0; i < arguments.size(); i += 2) {
      var name = arguments.get(i);
      if (!List.of("--brokers", "--namespace", "--application", "--state", "--publish", "--conf-file").contains(name))
        throw new Wrong("unknown option " + name);
      if (i + 1 == arguments.size()) throw new Wrong(name + " wants a value");
      given.setProperty(name, arguments.get(i + 1));
    }
    if (!given.containsKey("--brokers")) throw new Wrong("--brokers is missing");
    var namespace = given.getProperty("--namespace", "computehub");
    var application = given.getProperty("--application", namespace + ".deployment-counts");
    var state = given.getProperty("--state", System.getProperty("user.home") + "/.local/state/" + application);
    return new Options(given.getProperty("--brokers"), namespace, application, Path.of(state), given.getProperty("--publish"),
        conf(given.getProperty("--conf-file")));
  }

  private static Properties conf(String file) throws Wrong {
    var conf = new Properties();
    if (file == null) return conf;
    try (Reader reader = Files.newBufferedReader(Path.of(file), StandardCharsets.UTF_8)) {
      conf.load(reader);
    } catch (IOException | IllegalArgumentException wrong) {
      throw new Wrong(file + " cannot be read: " + wrong.getMessage());
    }
    return conf;
  }
}
