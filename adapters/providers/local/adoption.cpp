#include "adapters/providers/local/adoption.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

#include "adapters/providers/local/cgroups.hpp"
#include "adapters/providers/local/log_reader.hpp"
#include "adapters/providers/local/processes.hpp"
#include "adapters/providers/local/run_files.hpp"
#include "adapters/providers/local/supervisor_link.hpp"

namespace hub::providers::local {
namespace {

/// A supervisor that can neither be reached nor has let go is just starting or just ending.
constexpr int kTriesMax = 1'000;
constexpr int kTryWaitMs = 5;

Exit to_exit(const ExitRecord& record) {
  return {record.run, record.exit_code, record.signal, record.code, record.text, Instant{record.at_micros}};
}

bool is_unheld(const std::string& folder) {
  const Fd lock(::open((folder + "/" + kLockName).c_str(), O_RDWR | O_CLOEXEC));
  return !lock.is_open() || ::flock(lock.get(), LOCK_EX | LOCK_NB) == 0;
}

ExitRecord record_loss(const std::string& id, const std::string& folder, const RunRecord& run,
                       const std::string& boot_id) {
  ExitRecord exit;
  exit.run = run.run;
  exit.at_micros = wall_now().micros;
  if (run.boot_id != boot_id) {
    exit.code = "host.rebooted";
    exit.text = "the machine was started anew while the command ran";
  } else {
    const int ended = end_orphans(run, id);
    exit.code = "supervisor.lost";
    exit.text = "the supervisor ended without a record of the command's exit";
    if (ended > 0) exit.text += "; " + std::to_string(ended) + " processes left behind were ended";
  }
  Cgroups::remove(run.cgroup_folders);
  exit.last_seq = LogReader(folder + "/" + kLogName).last_seq();
  write_exit(folder, exit);
  return exit;
}

}  // namespace

Adopted adopt(const std::string& id, const std::string& folder, const std::string& boot_id) {
  Adopted adopted;
  adopted.observed.id = id;
  auto& observed = adopted.observed;
  for (int tries = 0; tries < kTriesMax; ++tries) {
    // First the socket, then the records: who answers there has written its run before.
    adopted.supervisor = connect_supervisor(folder);
    // Tested before the records are read: once nobody holds the lock, they do not change any more.
    const bool is_free = !adopted.supervisor.is_open() && is_unheld(folder);
    const auto run = read_run(folder);
    const auto exit = read_exit(folder);
    if (run) {
      observed.run = run->run;
      observed.started_at = Instant{run->started_micros};
    }
    if (run && exit && exit->run == run->run) {
      observed.state = RunState::ended;
      observed.exit = to_exit(*exit);
      adopted.last_seq = exit->last_seq;
      adopted.supervisor.reset();
      return adopted;
    }
    if (adopted.supervisor.is_open()) {
      observed.state = RunState::running;
      return adopted;
    }
    if (is_free) {
      if (!run) return adopted;
      observed.state = RunState::ended;
      const auto loss = record_loss(id, folder, *run, boot_id);
      observed.exit = to_exit(loss);
      adopted.last_seq = loss.last_seq;
      return adopted;
    }
    ::poll(nullptr, 0, kTryWaitMs);
  }
  observed.state = RunState::unknown;
  return adopted;
}

}  // namespace hub::providers::local
