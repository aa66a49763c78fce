#pragma once
#include <optional>
#include <string>
#include <vector>

#include "events/core/instant.hpp"
#include "events/kafka/admin.hpp"
#include "events/log/public_keys.hpp"

namespace hub::kafka {

/// The public key with which a node signs checkpoints.
struct NodeKey {
  std::string node;
  log::PublicKey key;
  Instant since;  ///< when the node announced it
};

/// Key of the record in `<ns>.control`: "signing-key:<node>:<id of the key>".
std::string control_key(const NodeKey& announced);
/// Its value: {"node":…,"key_id":…,"public_key":PEM,"since":…,"signature":…}. The signature is by the key itself, over
/// the rest and the incarnation of the namespace: nobody announces the key of another as his own.
std::string announcement(const log::Signer& signer, std::string_view node, Instant since, std::uint64_t incarnation);
/// Fails: malformed `key.announcement`: another shape, other words than the record's key says, or a signature that does
/// not fit.
Result<NodeKey> parse_announcement(std::string_view control_key, std::string_view value, std::uint64_t incarnation);

/// What `<ns>.control` says about signing keys.
struct AnnouncedKeys {
  std::vector<NodeKey> keys;     ///< in order of nodes, of one node in order of ids
  std::vector<Failure> refused;  ///< records in the place of an announcement that are none
  log::PublicKeys all() const;
};

/// The signing keys of the nodes of a namespace, as its control topic carries them. A key is announced before it signs
/// and never taken back: what it signed must stay verifiable. Safe from any thread.
class NodeKeys {
 public:
  NodeKeys(Brokers brokers, std::string name, std::uint64_t incarnation);

  /// All that are announced by now. A record that is no announcement is left out and named in `refused`; an earlier
  /// good one of the same key stays in force. Fails: as read_control().
  Result<AnnouncedKeys> read(const Patience& patience) const;
  /// Announces the key of a node, beside others that it has announced before; returns when that is durable, with what
  /// was announced until then. Writes nothing when this key is announced for this node. Safe to repeat. Fails: as
  /// read_control() and write_control().
  Result<AnnouncedKeys> announce(std::string_view node, const log::Signer& signer, Instant now,
                                 const Patience& patience) const;

 private:
  Brokers brokers_;
  std::string name_;
  std::uint64_t incarnation_;
};

}  // namespace hub::kafka
