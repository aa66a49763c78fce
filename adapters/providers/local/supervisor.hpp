#pragma once
#include <string>
#include <vector>

#include "adapters/providers/local/command_start.hpp"
#include "adapters/providers/local/files.hpp"
#include "adapters/providers/local/line_cutter.hpp"
#include "adapters/providers/local/log_writer.hpp"
#include "adapters/providers/local/run_files.hpp"

namespace hub::providers::local {

/// Runs one command from its start to the record of its exit. The working directory is the deployment's folder.
/// Single-threaded: one poll loop over the command's output, its end, and the servers that listen.
class Supervisor {
 public:
  explicit Supervisor(Job job);

  /// `server` is the socket to the server that started this supervisor. Returns when the exit is on disk.
  void run(Fd server);

 private:
  struct Client {
    Fd socket;
    std::uint64_t told_seq = 0;  ///< lines that it knows of
    bool is_ready = true;        ///< its socket takes more
    std::int32_t shell = 0;      ///< its process, when the connection is that of a shell; it hears of nothing else then
  };
  /// What a closed shell left behind: it is told again for a moment.
  struct Ending {
    std::int32_t session = 0;
    std::int64_t until = 0;          ///< µs of the monotonic clock
    std::vector<std::int32_t> told;  ///< that have heard of it
  };
  struct Stream {
    Fd fd;
    LineCutter cutter;
    std::int64_t unfinished_since = 0;  ///< µs of the monotonic clock
  };

  bool take_over(const Fd& server);
  bool claim_run();
  bool listen();
  void start_command();
  void record_start_failure(const StartFailure& failure);
  void loop();
  int wait_ms() const;
  void accept_server();
  void read_server(Client& client);
  void open_shell(Client& client, std::vector<Fd> handed);
  /// A closed connection takes its shell along.
  void drop(Client& client);
  void hang_up_shells();
  void end_sessions();
  /// True when it was a shell. Those that go on under a closed connection are known, too.
  bool note_shell_end(std::int32_t pid, int status);
  void ask_to_stop(std::uint64_t grace_ms);
  bool read_stream(Stream& stream);
  void flush_unfinished(bool all);
  void tell_lines();
  /// True when something had ended.
  bool reap();
  bool is_over() const;
  void kill_everything();
  void drain();
  void finish();
  void forget_job();
  void send(Client& client, MessageKind kind, std::uint64_t value);

  Job job_;
  Fd lock_, listener_, children_;
  std::vector<Client> clients_;
  std::vector<Ending> endings_;
  std::vector<std::int32_t> hung_up_;  ///< shells whose connection is closed, and that have not ended yet
  LogWriter log_;
  Stream output_, errors_;
  RunRecord record_;
  ExitRecord exit_;
  bool has_exited_ = false;  ///< the command itself
  bool none_left_ = false;   ///< nor any process that it made
  bool is_stopping_ = false;
  std::int64_t kill_at_ = 0;  ///< µs of the monotonic clock; when is_stopping_
};

}  // namespace hub::providers::local
