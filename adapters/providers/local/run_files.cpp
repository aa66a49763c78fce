#include "adapters/providers/local/run_files.hpp"

#include <charconv>
#include <cstring>

#include "adapters/providers/local/files.hpp"

namespace hub::providers::local {
namespace {

using Fields = std::map<std::string, std::string>;

void put(std::string& out, std::uint64_t value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}
void put(std::string& out, std::string_view text) {
  put(out, std::uint64_t{text.size()});
  out.append(text);
}
void put(std::string& out, const std::vector<std::string>& texts) {
  put(out, std::uint64_t{texts.size()});
  for (const auto& text : texts) put(out, std::string_view(text));
}

/// Takes values off the front; `ok` turns false at the first one that is not there.
struct Taking {
  std::string_view rest;
  bool ok = true;

  std::uint64_t number() {
    std::uint64_t value = 0;
    if (rest.size() < sizeof value) {
      ok = false;
      return 0;
    }
    std::memcpy(&value, rest.data(), sizeof value);
    rest.remove_prefix(sizeof value);
    return value;
  }
  std::string text() {
    const auto size = number();
    if (size > rest.size()) {
      ok = false;
      return {};
    }
    std::string value(rest.substr(0, size));
    rest.remove_prefix(size);
    return value;
  }
  std::vector<std::string> texts() {
    std::vector<std::string> values;
    const auto count = number();
    for (std::uint64_t i = 0; ok && i < count; ++i) values.push_back(text());
    return values;
  }
};

template <class T>
std::optional<T> number_of(const Fields& fields, const char* name) {
  const auto found = fields.find(name);
  if (found == fields.end()) return std::nullopt;
  T value{};
  const auto& text = found->second;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string text_of(const Fields& fields, const char* name) {
  const auto found = fields.find(name);
  return found == fields.end() ? std::string() : found->second;
}

Fields read_fields(const std::string& folder, const char* name) {
  return decode_fields(read_small_file(folder + "/" + name));
}

}  // namespace

std::string encode(const Job& job) {
  std::string out;
  put(out, static_cast<std::uint64_t>(job.run));
  put(out, std::string_view(job.boot_id));
  put(out, job.command);
  put(out, job.env);
  put(out, job.cgroup_folders);
  put(out, job.address_space_max);
  put(out, job.log_bytes_max);
  put(out, job.open_files_max);
  return out;
}

std::optional<Job> decode_job(std::string_view bytes) {
  Taking taking{bytes};
  Job job;
  job.run = static_cast<std::int32_t>(taking.number());
  job.boot_id = taking.text();
  job.command = taking.texts();
  job.env = taking.texts();
  job.cgroup_folders = taking.texts();
  job.address_space_max = taking.number();
  job.log_bytes_max = taking.number();
  job.open_files_max = taking.number();
  if (!taking.ok || !taking.rest.empty() || job.command.empty() || job.run < 1) return std::nullopt;
  return job;
}

std::string encode_fields(const Fields& fields) {
  std::string out;
  for (const auto& [name, value] : fields) {
    out += name + "=";
    for (const char c : value) {
      if (c == '\n')
        out += "\\n";
      else if (c == '\\')
        out += "\\\\";
      else
        out += c;
    }
    out += '\n';
  }
  return out;
}

Fields decode_fields(std::string_view text) {
  Fields fields;
  std::string name, value;
  bool in_value = false, escaped = false;
  for (const char c : text) {
    if (c == '\n') {
      if (in_value) fields[name] = value;
      name.clear();
      value.clear();
      in_value = escaped = false;
    } else if (!in_value && c == '=') {
      in_value = true;
    } else if (in_value && !escaped && c == '\\') {
      escaped = true;
    } else {
      (in_value ? value : name) += escaped && c == 'n' ? '\n' : c;
      escaped = false;
    }
  }
  return fields;
}

bool write_run(const std::string& folder, const RunRecord& record) {
  Fields fields{{"run", std::to_string(record.run)},
                {"boot_id", record.boot_id},
                {"pid", std::to_string(record.pid)},
                {"start_ticks", std::to_string(record.start_ticks)},
                {"started_micros", std::to_string(record.started_micros)}};
  for (std::size_t i = 0; i < record.cgroup_folders.size(); ++i)
    fields["cgroup." + std::to_string(i)] = record.cgroup_folders[i];
  return replace_file(folder, kRunName, encode_fields(fields));
}

std::optional<RunRecord> read_run(const std::string& folder) {
  const auto fields = read_fields(folder, kRunName);
  const auto run = number_of<std::int32_t>(fields, "run");
  if (!run) return std::nullopt;
  RunRecord record;
  record.run = *run;
  record.boot_id = text_of(fields, "boot_id");
  record.pid = number_of<std::int32_t>(fields, "pid").value_or(0);
  record.start_ticks = number_of<std::uint64_t>(fields, "start_ticks").value_or(0);
  record.started_micros = number_of<std::int64_t>(fields, "started_micros").value_or(0);
  for (const auto& [name, value] : fields)
    if (name.rfind("cgroup.", 0) == 0) record.cgroup_folders.push_back(value);
  return record;
}

bool write_exit(const std::string& folder, const ExitRecord& record) {
  Fields fields{{"run", std::to_string(record.run)},
                {"code", record.code},
                {"text", record.text},
                {"at_micros", std::to_string(record.at_micros)},
                {"last_seq", std::to_string(record.last_seq)}};
  if (record.exit_code) fields["exit_code"] = std::to_string(*record.exit_code);
  if (record.signal) fields["signal"] = std::to_string(*record.signal);
  return replace_file(folder, kExitName, encode_fields(fields));
}

std::optional<ExitRecord> read_exit(const std::string& folder) {
  const auto fields = read_fields(folder, kExitName);
  const auto run = number_of<std::int32_t>(fields, "run");
  if (!run) return std::nullopt;
  return ExitRecord{*run,
                    number_of<std::int32_t>(fields, "exit_code"),
                    number_of<std::int32_t>(fields, "signal"),
                    text_of(fields, "code"),
                    text_of(fields, "text"),
                    number_of<std::int64_t>(fields, "at_micros").value_or(0),
                    number_of<std::uint64_t>(fields, "last_seq").value_or(0)};
}

}  // namespace hub::providers::local
