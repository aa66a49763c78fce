package computehub.examples;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.apache.kafka.common.header.Headers;

/**
 * A record of ComputeHub. It lies in Kafka's binary mode: the attributes of the CloudEvent are headers named "ce_…", its
 * data is the value. {@code seq} is its place in the partition; {@code author} tells who wrote it, in which epoch.
 */
record CloudEvent(String type, String subject, long seq, Author author, byte[] bytes) {
  static final String INTERNAL = "computehub.internal.";
  static final String CLAIMED = INTERNAL + "claimed.v1";
  static final String BATCH_END = INTERNAL + "batch-end.v1";
  private static final ObjectMapper JSON = new ObjectMapper();

  record Author(long epoch, String owner) {}

  /** Nothing when ComputeHub did not write it. */
  static Optional<CloudEvent> of(Headers headers, byte[] value, int partition) {
    var id = header(headers, "ce_id").split(":", 2);
    var owner = header(headers, "ce_owner");
    if (id.length != 2 || !id[0].equals(Integer.toString(partition)) || owner.isEmpty()) return Optional.empty();
    try {
      var author = new Author(Long.parseLong(header(headers, "ce_epoch")), owner);
      return Optional.of(new CloudEvent(
          header(headers, "ce_type"), header(headers, "ce_subject"), Long.parseLong(id[1]), author, value));
    } catch (NumberFormatException foreign) {
      return Optional.empty();
    }
  }

  /** A missing node when it is no JSON. */
  JsonNode data() {
    try {
      return JSON.readTree(bytes == null ? new byte[0] : bytes);
    } catch (IOException malformed) {
      return JSON.missingNode();
    }
  }

  /** Empty when there is none. */
  private static String header(Headers headers, String name) {
    var found = headers.lastHeader(name);
    return found == null || found.value() == null ? "" : new String(found.value(), StandardCharsets.UTF_8);
  }
}
