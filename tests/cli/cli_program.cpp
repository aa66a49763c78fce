// The command line without a server's insides, for tests of what only a process can show.
#include "gateway/cli/cli.hpp"

int main(int argc, char** argv) {
  return hub::cli::run_cli(argc, argv, {});
}
