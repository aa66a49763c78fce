#include "gateway/cli/console.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <iostream>
#include <string>

namespace hub::cli {
namespace {

constexpr int kColumnsDefault = 80;

bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const auto count = ::write(file, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

int columns_of(int file) {
  if (::isatty(file) == 0) return 0;
  winsize size{};
  if (::ioctl(file, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return kColumnsDefault;
}

bool set_and_not_empty(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0';
}

std::string ask(std::string_view question) {
  write_all(STDERR_FILENO, question);
  std::string answer;
  std::getline(std::cin, answer);
  return answer;
}

}  // namespace

Console system_console() {
  Console console;
  console.write_out = [](std::string_view text) { return write_all(STDOUT_FILENO, text); };
  console.write_err = [](std::string_view text) { write_all(STDERR_FILENO, text); };
  console.columns = columns_of(STDOUT_FILENO);
  const char* terminal = std::getenv("TERM");
  const bool dumb = terminal != nullptr && std::string_view(terminal) == "dumb";
  console.colour = console.columns > 0 && !dumb && !set_and_not_empty("NO_COLOR");
  if (::isatty(STDIN_FILENO) != 0 && ::isatty(STDERR_FILENO) != 0) console.ask = ask;
  return console;
}

}  // namespace hub::cli
