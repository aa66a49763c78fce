#include "adapters/providers/local/handed.hpp"

#include <sys/socket.h>

#include <array>
#include <cstring>

namespace hub::providers::local {
namespace {

constexpr std::size_t kHandedMax = 2;

struct Envelope {
  explicit Envelope(const Message& message) : part{const_cast<Message*>(&message), sizeof message} {
    header.msg_iov = &part;
    header.msg_iovlen = 1;
  }
  void with_room_for(std::size_t descriptors) {
    header.msg_control = room.data();
    header.msg_controllen = CMSG_SPACE(descriptors * sizeof(int));
  }
  iovec part;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(kHandedMax * sizeof(int))> room{};
  msghdr header{};
};

}  // namespace

bool send_handing(int socket, const Message& message, const std::vector<int>& descriptors) {
  Envelope envelope(message);
  if (!descriptors.empty()) {
    const auto bytes = descriptors.size() * sizeof(int);
    envelope.with_room_for(descriptors.size());
    auto* rights = CMSG_FIRSTHDR(&envelope.header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(bytes);
    std::memcpy(CMSG_DATA(rights), descriptors.data(), bytes);
  }
  return ::sendmsg(socket, &envelope.header, MSG_NOSIGNAL) == sizeof message;
}

ssize_t receive_handed(int socket, Message& message, std::vector<Fd>& handed) {
  Envelope envelope(message);
  envelope.with_room_for(kHandedMax);
  const auto got = ::recvmsg(socket, &envelope.header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (got < 0) return got;
  for (auto* rights = CMSG_FIRSTHDR(&envelope.header); rights != nullptr;
       rights = CMSG_NXTHDR(&envelope.header, rights)) {
    if (rights->cmsg_level != SOL_SOCKET || rights->cmsg_type != SCM_RIGHTS) continue;
    const auto count = (rights->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(rights) + i * sizeof fd, sizeof fd);
      handed.emplace_back(fd);
    }
  }
  return got;
}

}  // namespace hub::providers::local
