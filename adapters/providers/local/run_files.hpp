#pragma once
// What supervisor and server tell each other: the job (once, through memory), the run and exit records (on disk), and
// the messages of the control socket.
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hub::providers::local {

/// Descriptors that a supervisor finds open when it starts.
inline constexpr int kControlFd = 3;  ///< its socket to the server that started it
inline constexpr int kJobFd = 4;      ///< memory that holds the job; no file on disk ever does

// Names in a deployment's folder.
inline constexpr const char* kWorkspaceName = "workspace";
inline constexpr const char* kLogName = "log";
inline constexpr const char* kSocketName = "control.sock";
inline constexpr const char* kLockName = "lock";  ///< held by the supervisor as long as it lives
inline constexpr const char* kRunName = "run";
inline constexpr const char* kExitName = "exit";

/// In the environment of every process of a run, with the deployment's id as value: known again without its parent.
inline constexpr std::string_view kMarkerVariable = "COMPUTEHUB_DEPLOYMENT";

/// One run, as the server asks for it.
struct Job {
  std::int32_t run = 0;
  std::string boot_id;
  std::vector<std::string> command;
  std::vector<std::string> env;             ///< "NAME=value"
  std::vector<std::string> cgroup_folders;  ///< entered by the command, removed at the end
  std::uint64_t address_space_max = 0;      ///< bytes; 0: no limit
  std::uint64_t log_bytes_max = 0;
  std::uint64_t open_files_max = 0;  ///< soft limit of the command; 0: as the supervisor's
};
std::string encode(const Job& job);
/// Nothing when the bytes are no job.
std::optional<Job> decode_job(std::string_view bytes);

/// On disk from before a command starts: a run that stands here is never started again.
struct RunRecord {
  std::int32_t run = 0;
  std::string boot_id;
  std::int32_t pid = 0;           ///< of the command, leader of its session and process group; 0: not started yet
  std::uint64_t start_ticks = 0;  ///< of /proc/PID/stat: tells a process from a later one with its number
  std::int64_t started_micros = 0;
  std::vector<std::string> cgroup_folders;
};
bool write_run(const std::string& folder, const RunRecord& record);
std::optional<RunRecord> read_run(const std::string& folder);

struct ExitRecord {
  std::int32_t run = 0;
  std::optional<std::int32_t> exit_code;
  std::optional<std::int32_t> signal;
  std::string code;
  std::string text;
  std::int64_t at_micros = 0;
  std::uint64_t last_seq = 0;  ///< of the output that was kept
};
bool write_exit(const std::string& folder, const ExitRecord& record);
std::optional<ExitRecord> read_exit(const std::string& folder);

/// "name=value" a line; a newline or backslash in a value is escaped.
std::string encode_fields(const std::map<std::string, std::string>& fields);
std::map<std::string, std::string> decode_fields(std::string_view text);

enum class MessageKind : std::uint32_t {
  // to the server
  started = 1,  ///< the command runs, or its failure to start is recorded as an exit
  refused = 2,  ///< another supervisor holds the deployment, or the run was started before
  log = 3,      ///< lines up to `value` can be read
  ended = 4,    ///< the exit is on disk
  shell_started = 7,  ///< `value`: its process
  shell_failed = 8,   ///< `value`: errno
  shell_ended = 9,    ///< `value`: as waitpid says it, and kShellOfEndingRun
  // to the supervisor
  stop = 5,   ///< end run `run`: `value` milliseconds after SIGTERM comes SIGKILL
  shell = 6,  ///< run a shell in run `run`; with two descriptors: its terminal, and memory that holds a job
};
/// In `value` of shell_ended: the run itself was ending.
inline constexpr std::uint64_t kShellOfEndingRun = 1ULL << 32;
/// One packet of the control socket (SOCK_SEQPACKET).
struct Message {
  MessageKind kind = MessageKind::started;
  std::int32_t run = 0;
  std::uint64_t value = 0;
};
static_assert(sizeof(Message) == 16);

}  // namespace hub::providers::local
