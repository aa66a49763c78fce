package computehub.examples;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/**
 * Lets through the events of deployments that count. A batch of a partition counts as a whole, when its end has come; and
 * only what the owner of the partition wrote: the author of the last claim that continued the last whole batch.
 * Transactions see to both nearly always; this is for what a node that is cut off, or a broker that hangs, may leave.
 */
final class WholeBatches extends ContextualProcessor<String, byte[], String, Deployment.Event> {
  private static final String OWNER = "owner";
  private static final String HELD = "held";
  /** Of one partition: a task has one, and stores of its own. */
  private static final String ONLY = "partition";

  /** Who writes, and the last place of the last whole batch. */
  record Owner(CloudEvent.Author author, long last) {}

  record Held(String id, Deployment.Event event) {}

  static ProcessorSupplier<String, byte[], String, Deployment.Event> supplier() {
    return new ProcessorSupplier<>() {
      @Override
      public WholeBatches get() {
        return new WholeBatches();
      }

      @Override
      public Set<StoreBuilder<?>> stores() {
        return Set.of(
            Stores.keyValueStoreBuilder(
                Stores.persistentKeyValueStore(OWNER), Serdes.String(), JsonSerde.of(Owner.class)),
            Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore(HELD), Serdes.Long(), JsonSerde.of(Held.class)));
      }
    };
  }

  @Override
  public void process(Record<String, byte[]> record) {
    var partition = context().recordMetadata().orElseThrow().partition();
    CloudEvent.of(record.headers(), record.value(), partition).ifPresent(event -> take(event, record));
  }

  private void take(CloudEvent event, Record<String, byte[]> record) {
    KeyValueStore<String, Owner> owners = context().getStateStore(OWNER);
    KeyValueStore<Long, Held> held = context().getStateStore(HELD);
    var owner = owners.get(ONLY);
    if (owner == null) owner = new Owner(new CloudEvent.Author(0, ""), 0);
    if (event.type().equals(CloudEvent.CLAIMED)) {
      var from = event.data().path("from").path("seq").asLong();
      if (event.author().epoch() <= owner.author().epoch() || from < owner.last()) return;
      if (from > owner.last()) throw missing(owner);
      drain(held, owner);
      owners.put(ONLY, new Owner(event.author(), owner.last()));
    } else if (event.author().epoch() > owner.author().epoch()) {
      // Of a claim that came too late there is an end, and nothing more.
      if (!event.type().equals(CloudEvent.BATCH_END)) throw missing(owner);
    } else if (!event.author().equals(owner.author())) {
      return;
    } else if (event.type().equals(CloudEvent.BATCH_END)) {
      for (var one : drain(held, owner)) context().forward(new Record<>(one.id(), one.event(), record.timestamp()));
      owners.put(ONLY, new Owner(owner.author(), event.seq()));
    } else if (event.type().startsWith(Deployment.TYPES)) {
      var type = event.type().substring(Deployment.TYPES.length());
      held.put(event.seq(), new Held(event.subject(), new Deployment.Event(type, event.data())));
    }
  }

  private static List<Held> drain(KeyValueStore<Long, Held> held, Owner owner) {
    var all = new ArrayList<Held>();
    var places = new ArrayList<Long>();
    // Numbers above 0 lie in the store in their order; what is below was drained before and costs nothing this way.
    try (var entries = held.range(owner.last() + 1, Long.MAX_VALUE)) {
      entries.forEachRemaining(entry -> {
        places.add(entry.key);
        all.add(entry.value);
      });
    }
    places.forEach(held::delete);
    return all;
  }

  private IllegalStateException missing(Owner owner) {
    return new IllegalStateException("records are missing behind " + context().recordMetadata().orElseThrow().partition() + ":"
        + owner.last() + "; the brokers do not have them, and the counts would be wrong");
  }
}
