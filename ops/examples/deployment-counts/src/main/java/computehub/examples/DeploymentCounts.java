package computehub.examples;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;

/**
 * Prints how many deployments have which status, one line "STATUS COUNT" whenever a count changes, until it is ended.
 * Exit status as of computehub: 1 trouble, 2 usage, 3 the brokers do not answer, 4 a topic is not there.
 */
public final class DeploymentCounts {
  private static final Duration ANSWER = Duration.ofSeconds(5);
  private static final Duration CLOSE = Duration.ofSeconds(10);

  private DeploymentCounts() {}

  public static void main(String[] arguments) throws InterruptedException {
    if (List.of(arguments).contains("--help")) {
      System.out.print(Options.USAGE);
      return;
    }
    try {
      var options = Options.parse(List.of(arguments));
      prepare(options);
      System.exit(count(options));
    } catch (Options.Wrong wrong) {
      System.err.println("deployment-counts: " + wrong.getMessage() + "\n\n" + Options.USAGE);
      System.exit(2);
    } catch (Trouble trouble) {
      System.err.println("deployment-counts: " + trouble.getMessage());
      System.exit(trouble.status);
    }
  }

  /** Ends the program with a status, and says what to do. */
  private static final class Trouble extends Exception {
    private static final long serialVersionUID = 1;
    final int status;

    Trouble(int status, String text) {
      super(text);
      this.status = status;
    }
  }

  /** Streams would wait for brokers and topics that are not there; here it is said what is missing. */
  private static void prepare(Options options) throws Trouble, InterruptedException {
    var properties = new Properties();
    properties.putAll(options.conf());
    properties.put(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, options.brokers());
    properties.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, (int) ANSWER.toMillis());
    properties.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, (int) ANSWER.toMillis());
    var events = Counting.eventsTopic(options);
    try (var admin = Admin.create(properties)) {
      admin.describeTopics(List.of(events)).allTopicNames().get(ANSWER.toMillis(), TimeUnit.MILLISECONDS);
      if (options.publish() != null) make(admin, options.publish());
    } catch (ExecutionException failed) {
      if (failed.getCause() instanceof UnknownTopicOrPartitionException)
        throw new Trouble(4, "there is no topic " + events + ": is " + options.namespace() + " the namespace? If it is new, run "
            + "\"computehub kafka init --kafka-brokers " + options.brokers() + " --namespace " + options.namespace() + "\"");
      throw unreachable(options, failed.getCause().getMessage());
    } catch (TimeoutException late) {
      throw unreachable(options, "no answer within " + ANSWER.toSeconds() + " s");
    } catch (KafkaException wrong) {
      var cause = wrong.getCause() == null ? wrong : wrong.getCause();
      throw new Trouble(1, cause.getMessage() + "; check --brokers and --conf-file");
    }
  }

  private static Trouble unreachable(Options options, String why) {
    return new Trouble(3, "the brokers " + options.brokers() + " do not answer: " + why
        + "; check --brokers, and --conf-file when they want TLS or a password");
  }

  private static void make(Admin admin, String topic) throws ExecutionException, InterruptedException {
    var compacted = new NewTopic(topic, Optional.of(1), Optional.empty())
        .configs(Map.of(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT));
    try {
      admin.createTopics(List.of(compacted)).all().get();
    } catch (ExecutionException failed) {
      if (!(failed.getCause() instanceof TopicExistsException)) throw failed;
    }
  }

  /** Until the process is asked to end (0), or something cannot be counted (1). */
  private static int count(Options options) throws InterruptedException {
    var status = new AtomicInteger();
    var ended = new CountDownLatch(1);
    var streams = new KafkaStreams(Counting.topology(options), Counting.configuration(options));
    streams.setUncaughtExceptionHandler(fault -> {
      System.err.println("deployment-counts: " + reason(fault));
      status.set(1);
      ended.countDown();
      return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
    });
    Runtime.getRuntime().addShutdownHook(new Thread(() -> streams.close(CLOSE)));
    streams.start();
    ended.await();
    streams.close(CLOSE);
    return status.get();
  }

  /** What Streams wraps, with the place in the events that it names. */
  private static String reason(Throwable fault) {
    var last = fault;
    while (last.getCause() != null) last = last.getCause();
    return last == fault ? fault.toString() : fault.getMessage() + ": " + last.getMessage();
  }
}
