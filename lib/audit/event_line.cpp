#include "audit/event_line.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "base/process_facts.hpp"

namespace natto {
namespace {

using AuditJson = nlohmann::ordered_json;

AuditJson begin_line(AuditKind kind, const ChainPosition& newest, WallTime time) {
  return {{"sequence", newest.sequence + 1},
          {"time", utc_text(time)},
          {"previous", newest.hash},
          {"event", info(kind).name}};
}

/// Of any text, also of a file that is not UTF-8.
std::string to_text(const AuditJson& line) {
  return line.dump(-1, ' ', /*ensure_ascii=*/true, AuditJson::error_handler_t::replace);
}

/// `key`: the first lines of `text`; `key`_left_out: how many more there are.
void add_lines(AuditJson& line, const std::string& key, std::string_view text) {
  AuditJson lines = AuditJson::array();
  std::size_t left_out = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (lines.size() < kMostAuditedLines) {
      lines.push_back(text.substr(0, end));
    } else {
      ++left_out;
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (!lines.empty()) {
    line[key] = std::move(lines);
  }
  if (left_out > 0) {
    line[key + "_left_out"] = left_out;
  }
}

std::string_view name_of(Actor::Kind kind) {
  switch (kind) {
    case Actor::Kind::kItself:
      return "natto";
    case Actor::Kind::kClient:
      return "client";
    case Actor::Kind::kSignal:
      return "signal";
    case Actor::Kind::kFile:
      return "file";
  }
  return "";
}

AuditJson to_json(const Actor& actor) {
  AuditJson by = {{"kind", name_of(actor.kind)}};
  if (actor.kind == Actor::Kind::kFile) {
    by["file"] = actor.file;
    by["owner"] = user_name(actor.user);
    by["owner_uid"] = actor.user;
    by["modified"] = utc_text(actor.modified);
    return by;
  }
  by["user"] = user_name(actor.user);
  by["uid"] = actor.user;
  by["pid"] = actor.process;
  if (!actor.program.empty()) {
    by["program"] = actor.program;
  }
  if (actor.login_user) {
    by["login_user"] = user_name(*actor.login_user);
    by["login_uid"] = *actor.login_user;
  }
  if (!actor.claimed_sudo_user.empty()) {
    by["claims"] = {{"sudo_user", actor.claimed_sudo_user}};
  }
  return by;
}

void add_table(AuditJson& line, const TableChange& table) {
  line["version"] = table.version;
  line["mappings"] = table.mappings;
  if (!table.digest_before.empty()) {
    line["digest_before"] = table.digest_before;
  }
  line["digest"] = table.digest_after;
  if (table.serial != 0) {
    line["serial"] = table.serial;
  }
  line["signatures"] = AuditJson::array();
  for (const TableSignature& signature : table.signatures) {
    line["signatures"].push_back({{"party", signature.party}, {"key", signature.key}});
  }
  if (table.confirmed) {
    line["confirmed"] = true;
  }
  if (!table.differences.empty()) {
    line["added"] = table.added;
    line["removed"] = table.removed;
    line["changed"] = table.changed;
    line["policy_changes"] = table.policy_changes;
    add_lines(line, "changes", table.differences);
  }
}

}  // namespace

std::string event_line(const AuditEvent& event, const ChainPosition& newest,
                       std::uint64_t missing) {
  AuditJson line = begin_line(event.kind, newest, event.time);
  if (missing > 0) {
    line["missing_before"] = missing;
  }
  if (!event.trigger.empty()) {
    line["trigger"] = event.trigger;
  }
  line["by"] = to_json(event.by);
  if (event.table) {
    add_table(line, *event.table);
  }
  add_lines(line, "errors", event.error);
  return to_text(line);
}

std::string broken_tail_line(const BrokenTail& tail, const ChainPosition& newest, WallTime now) {
  AuditJson line = begin_line(AuditKind::kBrokenTail, newest, now);
  line["bytes"] = tail.bytes;
  line["sha256"] = tail.sha256;
  return to_text(line);
}

std::string new_file_line(const ChainPosition& before, const ChainPosition& newest, WallTime now) {
  AuditJson line = begin_line(AuditKind::kNewFile, newest, now);
  line["last_sequence"] = before.sequence;
  line["last_sha256"] = before.hash;
  return to_text(line);
}

}  // namespace natto
