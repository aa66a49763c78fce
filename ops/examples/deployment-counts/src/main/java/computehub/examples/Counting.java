package computehub.examples;

import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Named;
import org.apache.kafka.streams.kstream.Produced;

/** From events to counts: a table of deployments by id, and grouped by status a table of how many there are. */
final class Counting {
  private Counting() {}

  static Topology topology(Options options) {
    var builder = new StreamsBuilder();
    var deployments = builder
        .stream(eventsTopic(options), Consumed.with(Serdes.String(), Serdes.ByteArray()))
        .process(WholeBatches.supplier())
        .groupByKey(Grouped.with("events", Serdes.String(), JsonSerde.of(Deployment.Event.class)))
        .aggregate(Deployment::absent, (id, event, deployment) -> deployment.after(event), Named.as("deployments"),
            Materialized.with(Serdes.String(), JsonSerde.of(Deployment.class)));
    var counts = deployments
        .groupBy((id, deployment) -> KeyValue.pair(deployment.status(), id),
            Grouped.with("statuses", Serdes.String(), Serdes.String()))
        .count(Named.as("counts"), Materialized.with(Serdes.String(), Serdes.Long()))
        .toStream()
        .peek((status, count) -> System.out.println(status + " " + count));
    if (options.publish() != null)
      counts.mapValues(String::valueOf).to(options.publish(), Produced.with(Serdes.String(), Serdes.String()));
    return builder.build();
  }

  static String eventsTopic(Options options) {
    return options.namespace() + ".events";
  }

  /**
   * Exactly once: the place in the events, the stores and what is published are committed in one transaction, and only
   * committed events are read. Printed lines are not part of it: behind a crash one may come again.
   */
  static Properties configuration(Options options) {
    var properties = new Properties();
    properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    properties.putAll(options.conf());
    properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, options.brokers());
    properties.put(StreamsConfig.APPLICATION_ID_CONFIG, options.application());
    properties.put(StreamsConfig.STATE_DIR_CONFIG, options.state().toString());
    properties.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    return properties;
  }
}
