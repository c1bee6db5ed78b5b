#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "audit/actor.hpp"
#include "base/file_error.hpp"
#include "commands.hpp"
#include "config/toml/source_text.hpp"
#include "running_natto.hpp"
#include "ssh.hpp"

namespace natto {
namespace {

struct PushArguments {
  RunningNatto natto;
  std::string peer;
  std::filesystem::path table;
  bool dry_run = false;
};

/// What a natto says of its table.
struct TableState {
  std::string file;  ///< that its natto.toml names
  std::string digest;
};

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

  /// Its natto has the table of `text` in force; or else it and its file are as they were.
  [[nodiscard]] Status take(const std::string& file, std::string_view text) const {
    const std::string name = shell_word(file);
    return done(run_by_ssh(peer_,
                           fmt::format("set -e; cp -p {0} {0}.before; cp -p {0} {0}.pushed; "
                                       "cat >{0}.pushed; mv {0}.pushed {0}; "
                                       "natto reload >/dev/null || {{ cp -p {0}.before {0}; "
                                       "natto reload >/dev/null; exit 1; }}",
                                       name),
                           text));
  }
  /// The table that it had before it took one.
  [[nodiscard]] Status give_back(const std::string& file) const {
    return done(run_by_ssh(
        peer_, fmt::format("cp -p {0}.before {0} && natto reload >/dev/null", shell_word(file))));
  }

 private:
  [[nodiscard]] static Status done(const Result<std::string>& printed) {
    return printed ? Status(Done{}) : printed.error();
  }

  std::string peer_;
};

/// The natto here has the table of `text` in force; or else it and its file are as they were.
Status take_here(const Here& here, const std::filesystem::path& file, const std::string& before,
                 const std::string& text) {
  const auto load = [&](const std::string& content) -> Status {
    if (text != before) {
      std::ofstream stream(file, std::ios::binary | std::ios::trunc);
      if (!(stream << content).flush()) {
        return file_error("write", file);
      }
    }
    const auto reloaded = here.ask(api::ReloadRequest{.sudo_user = sudo_user()});
    return reloaded ? Status(Done{}) : reloaded.error();
  };
  const Status loaded = load(text);
  if (!loaded && text != before) {
    static_cast<void>(load(before));
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
  const auto read = [](const std::filesystem::path& file) {
    Result<std::string> text = read_file(file);
    return text ? text : input_error(fmt::format("{}: {}", file.string(), text.error().message));
  };
  const Result<std::string> before = read(table->file);
  const Result<std::string> text = arguments.table.empty() ? before : read(arguments.table);
  if (!before || !text) {
    return before ? text.error() : before.error();
  }
  // The peer first: if it cannot take the table, nothing has changed anywhere.
  if (const Status taken = there.take(theirs->file, *text); !taken) {
    return input_error(
        fmt::format("{}\n  both natto keep the table that they had", taken.error().message));
  }
  if (const Status taken = take_here(here, table->file, *before, *text); !taken) {
    const Status back = there.give_back(theirs->file);
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
      "The file is copied to the peer by ssh, in place of that which its natto.toml names, and "
      "both\n"
      "natto load it; or none does, and both files are as they were. natto health warns while the\n"
      "tables differ: it knows since the last push, or --dry-run.\n"
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
  command->add_flag("--dry-run", arguments->dry_run,
                    "only look whether the peer has the same table in force");
  add_running_natto_options(*command, arguments->natto);
  command->callback([arguments, &chosen] { chosen = [arguments] { return push(*arguments); }; });
}

}  // namespace natto
