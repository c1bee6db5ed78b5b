#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <system_error>

#include "audit/actor.hpp"
#include "base/file_error.hpp"
#include "commands.hpp"
#include "config/toml/source_text.hpp"
#include "running_natto.hpp"
#include "signature/ssh_signature.hpp"
#include "ssh.hpp"
#include "table/table_signatures.hpp"

namespace natto {
namespace {

struct PushArguments {
  RunningNatto natto;
  std::string peer;
  std::filesystem::path table;
  std::string confirm;
  bool dry_run = false;
};

/// What a natto says of its table.
struct TableState {
  std::string file;  ///< that its natto.toml names
  std::string digest;
};

/// A table, and the signature files beside it.
struct SignedTable {
  std::string text;
  std::map<std::string, std::string> signatures;  ///< by what their names have beyond the table's
};

Result<std::string> read_named(const std::filesystem::path& file, std::size_t most_bytes) {
  Result<std::string> text = read_bounded_file(file, most_bytes);
  return text ? std::move(text)
              : input_error(fmt::format("{}: {}", file.string(), text.error().message));
}

Result<SignedTable> read_signed(const std::filesystem::path& file) {
  SignedTable table;
  Result<std::string> text = read_named(file, kMaxFileBytes);
  if (!text) {
    return text.error();
  }
  table.text = *std::move(text);
  for (const std::string& party : parties_beside(file)) {
    Result<std::string> signature =
        read_named(signature_file(file, party), ssh::kMostSignatureBytes);
    if (!signature) {
      return signature.error();
    }
    table.signatures.emplace("." + party + ".sig", *std::move(signature));
  }
  return table;
}

/// The natto of this machine.
class Here {
 public:
  explicit Here(const RunningNatto& natto) : natto_(natto) {}

  template <typename OneRequest>
  [[nodiscard]] Result<typename OneRequest::Report> ask(const OneRequest& request) const {
    Result<api::Client> client = natto_.connect();
    if (!client) {
      return client.error();
    }
    auto received = client->request(request);
    return received ? Result<typename OneRequest::Report>(std::move(received->report))
                    : received.error();
  }

 private:
  const RunningNatto& natto_;
};

/// The natto of the machine that ssh knows as `peer`.
class There {
 public:
  explicit There(std::string peer) : peer_(std::move(peer)) {}

  [[nodiscard]] Result<TableState> table() const {
    const Result<std::string> line = run_by_ssh(peer_, "natto show table --json");
    if (!line) {
      return line.error();
    }
    const auto reply = api::parse_reply<api::TableReport>(*line);
    if (!reply) {
      return reply.error();
    }
    const auto* report = std::get_if<api::TableReport>(&*reply);
    return report != nullptr ? Result<TableState>({report->file, report->digest})
                             : system_error(fmt::format("natto on {} has no table", peer_));
  }

  /// Its natto has `signed_table` in force; or else it and its files are as they were.
  [[nodiscard]] Status take(const std::string& file, const SignedTable& signed_table,
                            const std::string& confirm) const {
    std::string command = "set -e; f=" + shell_word(file) +
                          "; rm -f \"$f\".*.sig.before \"$f\".*.sig.pushed"
                          "; for s in \"$f\".*.sig; do"
                          " if [ -e \"$s\" ]; then cp -p \"$s\" \"$s.before\"; fi; done"
                          "; cp -p \"$f\" \"$f.before\"; cp -p \"$f\" \"$f.pushed\"; ";
    std::string input;
    for (const auto& [ending, text] : signed_table.signatures) {
      command += fmt::format("head -c {} >\"$f\"{}; ", text.size(), shell_word(ending + ".pushed"));
      input += text;
    }
    input += signed_table.text;
    // The signatures first, the table last and at once: what natto follows never fits in part.
    command += fmt::format(
        "cat >\"$f.pushed\"; rm -f \"$f\".*.sig"
        "; for s in \"$f\".*.sig.pushed; do"
        " if [ -e \"$s\" ]; then mv \"$s\" \"${{s%.pushed}}\"; fi; done"
        "; mv \"$f.pushed\" \"$f\""
        "; natto reload{} >/dev/null || {{ {}; natto reload >/dev/null; exit 1; }}",
        confirm.empty() ? "" : " --confirm " + confirm, kPutBack);
    return done(run_by_ssh(peer_, command, input));
  }
  /// The table that it had before it took one, whose digest was `before`.
  [[nodiscard]] Status give_back(const std::string& file, const std::string& before) const {
    const Result<TableState> now = table();
    if (!now) {
      return now.error();
    }
    // A table with an older serial comes back by a rollback alone.
    const char* const load = now->digest == before
                                 ? "natto reload >/dev/null"
                                 : "natto rollback >/dev/null && natto reload >/dev/null";
    return done(
        run_by_ssh(peer_, fmt::format("set -e; f={}; {}; {}", shell_word(file), kPutBack, load)));
  }

 private:
  /// The files $f were before.
  static constexpr std::string_view kPutBack =
      "rm -f \"$f\".*.sig; for s in \"$f\".*.sig.before; do"
      " if [ -e \"$s\" ]; then cp -p \"$s\" \"${s%.before}\"; fi; done"
      "; cp -p \"$f.before\" \"$f\"";

  [[nodiscard]] static Status done(const Result<std::string>& printed) {
    return printed ? Status(Done{}) : printed.error();
  }

  std::string peer_;
};

Status write_file(const std::filesystem::path& file, const std::string& text) {
  std::ofstream stream(file, std::ios::binary | std::ios::trunc);
  return (stream << text).flush() ? Status(Done{}) : file_error("write", file);
}

/// Beside `file` are the signatures of `table`, and no others; then `file` has its text.
Status write_signed(const std::filesystem::path& file, const SignedTable& table) {
  for (const std::string& party : parties_beside(file)) {
    std::error_code ignored;
    if (!table.signatures.contains("." + party + ".sig")) {
      std::filesystem::remove(signature_file(file, party), ignored);
    }
  }
  for (const auto& [ending, text] : table.signatures) {
    if (Status written = write_file(file.string() + ending, text); !written) {
      return written;
    }
  }
  return write_file(file, table.text);
}

/// The natto here has `wanted` in force; or else it and its files are as `before`.
Status take_here(const Here& here, const std::filesystem::path& file, const SignedTable& before,
                 const SignedTable& wanted, const std::string& confirm) {
  const bool differs = wanted.text != before.text || wanted.signatures != before.signatures;
  const auto load = [&](const SignedTable& table, const std::string& confirmed) -> Status {
    if (differs) {
      if (Status written = write_signed(file, table); !written) {
        return written;
      }
    }
    const auto reloaded =
        here.ask(api::ReloadRequest{.sudo_user = sudo_user(), .confirm = confirmed});
    return reloaded ? Status(Done{}) : reloaded.error();
  };
  const Status loaded = load(wanted, confirm);
  if (!loaded && differs) {
    static_cast<void>(load(before, ""));
  }
  return loaded;
}

Result<std::string> push(const PushArguments& arguments) {
  const Here here(arguments.natto);
  const auto role = here.ask(api::RoleRequest());
  const auto table = here.ask(api::TableRequest());
  if (!role || !table) {
    return role ? table.error() : role.error();
  }
  const std::string peer = arguments.peer.empty() ? role->peer : arguments.peer;
  if (peer.empty()) {
    return Error{ErrorKind::kUsage,
                 "which peer? name it, or give natto.toml [ha] peer and restart natto"};
  }
  const There there(peer);
  const Result<TableState> theirs = there.table();
  if (!theirs) {
    return theirs.error();
  }
  if (arguments.dry_run) {
    const auto told = here.ask(api::PeerRequest{.digest = theirs->digest});
    return told ? Result<std::string>(fmt::format("{} has {} table: digest {}\n", peer,
                                                  told->peer_differs ? "another" : "the same",
                                                  theirs->digest))
                : told.error();
  }
  const Result<SignedTable> before = read_signed(table->file);
  const Result<SignedTable> wanted =
      arguments.table.empty() ? before : read_signed(arguments.table);
  if (!before || !wanted) {
    return before ? wanted.error() : before.error();
  }
  // The peer first: if it cannot take the table, nothing has changed anywhere.
  if (const Status taken = there.take(theirs->file, *wanted, arguments.confirm); !taken) {
    return input_error(
        fmt::format("{}\n  both natto keep the table that they had", taken.error().message));
  }
  if (const Status taken = take_here(here, table->file, *before, *wanted, arguments.confirm);
      !taken) {
    const Status back = there.give_back(theirs->file, theirs->digest);
    return Error{taken.error().kind,
                 fmt::format("{}\n  {}", taken.error().message,
                             back ? "both natto keep the table that they had"
                                  : "and the peer has the new one: " + back.error().message)};
  }
  const Result<TableState> now = there.table();
  if (!now) {
    return now.error();
  }
  const auto told = here.ask(api::PeerRequest{.digest = now->digest});
  if (!told) {
    return told.error();
  }
  return told->peer_differs
             ? Result<std::string>(input_error(fmt::format(
                   "{} has read the same file as another table: do both natto.toml name the same "
                   "realms?",
                   peer)))
             : fmt::format("both have version {} here, digest {}\n", told->version, told->digest);
}

}  // namespace

void add_push(CLI::App& app, Action& chosen) {
  CLI::App* command =
      app.add_subcommand("push", "Give the mapping table to the other natto of a pair");
  command->footer(
      "The file and the signatures beside it are copied to the peer by ssh, in place of those "
      "which\n"
      "its natto.toml names, and both natto load it; or none does, and all files are as they "
      "were.\n"
      "natto health warns while the tables differ: it knows since the last push, or --dry-run.\n"
      "Example: natto push --table new-mappings.toml natto-b");
  const auto arguments = std::make_shared<PushArguments>();
  command
      ->add_option("peer", arguments->peer,
                   "the other machine, as ssh knows it; [ha] peer if left out")
      ->type_name("DESTINATION");
  command
      ->add_option("--table", arguments->table,
                   "take this file, here as well; else the one that natto.toml names")
      ->type_name("FILE");
  command
      ->add_option("--confirm", arguments->confirm,
                   "the table with this digest may take away more than [table] max_removed")
      ->type_name("DIGEST")
      ->check(is_digest());
  command->add_flag("--dry-run", arguments->dry_run,
                    "only look whether the peer has the same table in force");
  add_running_natto_options(*command, arguments->natto);
  command->callback([arguments, &chosen] { chosen = [arguments] { return push(*arguments); }; });
}

}  // namespace natto
