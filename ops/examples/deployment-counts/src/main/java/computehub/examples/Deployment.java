package computehub.examples;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * What is kept of one deployment. {@code status} is one of those that the API of ComputeHub answers with, or null before
 * its first event; {@code prepared} tells whether a later start has to prepare it again.
 */
record Deployment(String status, boolean prepared) {
  static final String TYPES = "computehub.deployment.";

  static Deployment absent() {
    return new Deployment(null, false);
  }

  /** One event of a deployment: its type without {@link #TYPES}, and its data. */
  record Event(String type, JsonNode data) {}

  /** The statuses follow from the types alone, but for the first event and for a start of what was never prepared. */
  Deployment after(Event event) {
    return switch (event.type()) {
      case "requested.v1" -> to(event.data().path("desired").asText().equals("running") ? "creating" : "stopped");
      case "prepared.v1" -> new Deployment("creating".equals(status) ? "starting" : status, true);
      case "start_requested.v1" -> to(prepared ? "starting" : "creating");
      case "restart_scheduled.v1" -> to("starting");
      case "started.v1", "reachable.v1" -> to("running");
      case "stop_requested.v1" -> to("stopping");
      case "stopped.v1" -> to("stopped");
      case "failed.v1" -> to("failed");
      case "unreachable.v1" -> to("unreachable");
      case "delete_requested.v1" -> to("deleting");
      case "deleted.v1" -> to("deleted");
      case "changed.v1", "effect_retried.v1", "terminal_opened.v1", "terminal_closed.v1" -> this;
      default -> throw new IllegalArgumentException("this program does not know events of type " + TYPES + event.type());
    };
  }

  private Deployment to(String next) {
    return new Deployment(next, prepared);
  }
}
