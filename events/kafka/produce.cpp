#include "events/kafka/produce.hpp"

#include <array>

namespace hub::kafka {
namespace {

rd_kafka_vu_t field(rd_kafka_vtype_t type) {
  rd_kafka_vu_t value{};
  value.vtype = type;
  return value;
}
rd_kafka_vu_t bytes(rd_kafka_vtype_t type, const std::string& text) {
  auto value = field(type);
  // Copied at once (RD_KAFKA_MSG_F_COPY); the interface only lacks a const.
  value.u.mem.ptr = const_cast<char*>(text.data());
  value.u.mem.size = text.size();
  return value;
}

}  // namespace

rd_kafka_resp_err_t produce(rd_kafka_t* client, const std::string& topic, PartitionId partition, Outgoing& message,
                            void* opaque) {
  std::array<rd_kafka_vu_t, 7> fields{field(RD_KAFKA_VTYPE_TOPIC),           field(RD_KAFKA_VTYPE_PARTITION),
                                      field(RD_KAFKA_VTYPE_MSGFLAGS),        bytes(RD_KAFKA_VTYPE_VALUE, message.value),
                                      field(RD_KAFKA_VTYPE_HEADERS),         field(RD_KAFKA_VTYPE_OPAQUE),
                                      bytes(RD_KAFKA_VTYPE_KEY, message.key)};
  fields[0].u.cstr = topic.c_str();
  fields[1].u.i32 = static_cast<std::int32_t>(partition);
  fields[2].u.i = RD_KAFKA_MSG_F_COPY;
  if (message.deletes) fields[3].u.mem.ptr = nullptr, fields[3].u.mem.size = 0;
  fields[4].u.headers = message.headers.get();
  fields[5].u.ptr = opaque;
  const auto count = message.key.empty() ? fields.size() - 1 : fields.size();
  const Error error(rd_kafka_produceva(client, fields.data(), count));
  if (error) return rd_kafka_error_code(error.get());
  static_cast<void>(message.headers.release());
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

}  // namespace hub::kafka
