package computehub.examples;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.streams.processor.api.ContextualFixedKeyProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyRecord;

/**
 * Lets the events of deployments through. A CloudEvent lies in Kafka's binary mode: its attributes are headers named
 * "ce_…", its data is the value. What is not about a deployment, and what ComputeHub did not write, is left out.
 */
final class EventsOfDeployments extends ContextualFixedKeyProcessor<String, byte[], Deployment.Event> {
  private static final ObjectMapper JSON = new ObjectMapper();

  @Override
  public void process(FixedKeyRecord<String, byte[]> record) {
    var type = header(record.headers(), "ce_type");
    if (!type.startsWith(Deployment.TYPES) || !record.key().equals(header(record.headers(), "ce_subject"))) return;
    try {
      var event = new Deployment.Event(type.substring(Deployment.TYPES.length()), data(record.value()));
      context().forward(record.withValue(event));
    } catch (IOException malformed) {
      System.err.println("left out, for its data is no JSON: a record that calls itself " + type + where());
    }
  }

  private static JsonNode data(byte[] value) throws IOException {
    return JSON.readTree(value == null ? new byte[0] : value);
  }

  private String where() {
    return context().recordMetadata().map(at -> ", at partition " + at.partition() + " offset " + at.offset()).orElse("");
  }

  /** Empty when there is none. */
  private static String header(Headers headers, String name) {
    var found = headers.lastHeader(name);
    return found == null || found.value() == null ? "" : new String(found.value(), StandardCharsets.UTF_8);
  }
}
