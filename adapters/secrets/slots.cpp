#include "adapters/secrets/slots.hpp"

namespace hub::secrets {

Failure no_key() {
  return unavailable("secrets.no_key", "no ENCRYPTION_KEY is set, so no secret can be kept or read");
}
Failure unknown_secret() {
  return not_found("secrets.unknown", "there is no such secret");
}
Failure changed_meanwhile() {
  return conflict("secrets.changed", "somebody else has changed the value meanwhile");
}

}  // namespace hub::secrets
