#include "adapters/hosts/host_input.hpp"

namespace hub::hosts {

engine::Input host_input(const std::string& name, const HostCommand& command, Instant deadline) {
  engine::Input input;
  input.entity = host_id(name);
  input.type = type_of_command(command);
  input.data = encode_command(command);
  input.command_id = random_command_id();
  input.actor = "system";
  input.organisation = input.project = kSystem;
  input.deadline = deadline;
  return input;
}

}  // namespace hub::hosts
