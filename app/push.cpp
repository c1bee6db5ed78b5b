#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <set>
#include <system_error>

#include "audit/actor.hpp"
#include "base/replace_file.hpp"
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

using Parties = std::set<std::string>;

/// What a natto says of its table.
struct TableState {
  std::string file;  ///< that its natto.toml names
  std::string digest;
  Parties signed_by;
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

/// With the signatures of `known` parties, and of others where they are of no other table.
Result<SignedTable> read_signed(const std::filesystem::path& file, const Parties& known) {
  SignedTable table;
  Result<std::string> text = read_named(file, kMaxFileBytes);
  if (!text) {
    return text.error();
  }
  table.text = *std::move(text);
  for (const std::string& party : parties_beside(file, known)) {
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
  /// Beside its table it has signatures of `known` parties.
  There(std::string peer, const Parties& known) : peer_(std::move(peer)) {
    // A file of another table, which is none to move: NAME.old.PARTY.sig.
    own_ = "own() { case ${1#\"$f\".} in ";
    for (const std::string& party : known) {
      own_ += shell_word(party + ".sig") + ") ;; ";
    }
    own_ += "*.*.sig) return 1;; esac; }; ";
  }

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
    return report != nullptr
               ? Result<TableState>({report->file,
                                     report->digest,
                                     {report->signed_by.begin(), report->signed_by.end()}})
               : system_error(fmt::format("natto on {} has no table", peer_));
  }

  /// Its natto has `signed_table` in force; or else it and its files are as they were.
  [[nodiscard]] Status take(const std::string& file, const SignedTable& signed_table,
                            const std::string& confirm) const {
    std::string command =
        begin(file) +
        "for s in \"$f\".*.sig.before \"$f\".*.sig.pushed; do"
        " if own \"${s%.*}\"; then rm -f \"$s\"; fi; done"
        "; for s in \"$f\".*.sig; do"
        " if [ -e \"$s\" ] && own \"$s\"; then cp -p \"$s\" \"$s.before\"; fi; done"
        "; cp -p \"$f\" \"$f.before\"; cp -p \"$f\" \"$f.pushed\"; ";
    std::string input;
    for (const auto& [ending, text] : signed_table.signatures) {
      command += fmt::format("head -c {} >\"$f\"{}; ", text.size(), shell_word(ending + ".pushed"));
      input += text;
    }
    input += signed_table.text;
    // The signatures first, the table last and at once: what natto follows never fits in part.
    command += fmt::format(
        "cat >\"$f.pushed\"; {}"
        "; for s in \"$f\".*.sig.pushed; do"
        " if [ -e \"$s\" ] && own \"${{s%.pushed}}\"; then mv \"$s\" \"${{s%.pushed}}\"; fi; done"
        "; mv \"$f.pushed\" \"$f\""
        "; natto reload{} >/dev/null || {{ {}; natto reload >/dev/null; exit 1; }}",
        kRemove, confirm.empty() ? "" : " --confirm " + confirm, kPutBack);
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
    return done(run_by_ssh(peer_, fmt::format("{}{}; {}", begin(file), kPutBack, load)));
  }

 private:
  /// The signatures of $f go.
  static constexpr std::string_view kRemove =
      "for s in \"$f\".*.sig; do if own \"$s\"; then rm -f \"$s\"; fi; done";
  /// $f and its signatures are what they were before.
  static constexpr std::string_view kPutBack =
      "for s in \"$f\".*.sig; do if own \"$s\"; then rm -f \"$s\"; fi; done"
      "; for s in \"$f\".*.sig.before; do"
      " if [ -e \"$s\" ] && own \"${s%.before}\"; then cp -p \"$s\" \"${s%.before}\"; fi; done"
      "; cp -p \"$f.before\" \"$f.back\"; mv \"$f.back\" \"$f\"";

  [[nodiscard]] std::string begin(const std::string& file) const {
    return "set -e; f=" + shell_word(file) + "; " + own_;
  }

  [[nodiscard]] static Status done(const Result<std::string>& printed) {
    return printed ? Status(Done{}) : printed.error();
  }

  std::string peer_;
  std::string own_;  ///< a function of the shell: whether a signature is one of $f
};

/// Beside `file` are the signatures of `table`, and no others of `known` parties; then `file` has
/// its text, or the file that it is a link to has.
Status write_signed(const std::filesystem::path& file, const SignedTable& table,
                    const Parties& known) {
  for (const std::string& party : parties_beside(file, known)) {
    std::error_code ignored;
    if (!table.signatures.contains("." + party + ".sig")) {
      std::filesystem::remove(signature_file(file, party), ignored);
    }
  }
  for (const auto& [ending, text] : table.signatures) {
    if (Status written = replace_file(file.string() + ending, text, file); !written) {
      return written;
    }
  }
  std::error_code error;
  const std::filesystem::path real = std::filesystem::canonical(file, error);
  return replace_file(error ? file : real, table.text, file);
}

/// The natto here has `wanted` in force; or else it and its files are as `before`.
Status take_here(const Here& here, const std::filesystem::path& file, const SignedTable& before,
                 const SignedTable& wanted, const Parties& known, const std::string& confirm) {
  const bool differs = wanted.text != before.text || wanted.signatures != before.signatures;
  const auto load = [&](const SignedTable& table, const std::string& confirmed) -> Status {
    if (differs) {
      if (Status written = write_signed(file, table, known); !written) {
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
  const Result<TableState> theirs = There(peer, {}).table();
  if (!theirs) {
    return theirs.error();
  }
  Parties known = theirs->signed_by;
  known.insert(table->signed_by.begin(), table->signed_by.end());
  const There there(peer, known);
  if (arguments.dry_run) {
    const auto told = here.ask(api::PeerRequest{.digest = theirs->digest});
    return told ? Result<std::string>(fmt::format("{} has {} table: digest {}\n", peer,
                                                  told->peer_differs ? "another" : "the same",
                                                  theirs->digest))
                : told.error();
  }
  const Result<SignedTable> before = read_signed(table->file, known);
  const Result<SignedTable> wanted =
      arguments.table.empty() ? before : read_signed(arguments.table, known);
  if (!before || !wanted) {
    return before ? wanted.error() : before.error();
  }
  // The peer first: if it cannot take the table, nothing has changed anywhere.
  if (const Status taken = there.take(theirs->file, *wanted, arguments.confirm); !taken) {
    return input_error(
        fmt::format("{}\n  both natto keep the table that they had", taken.error().message));
  }
  if (const Status taken = take_here(here, table->file, *before, *wanted, known, arguments.confirm);
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
