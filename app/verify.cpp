#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <set>

#include "commands.hpp"
#include "config/toml/source_text.hpp"
#include "lines.hpp"
#include "table/loader.hpp"
#include "table/table_signatures.hpp"

namespace natto {
namespace {

struct VerifyArguments {
  std::filesystem::path config_file;
  std::filesystem::path table;
  std::filesystem::path signers;
  std::vector<std::string> parties;
};

/// What is asked: by natto.toml, by the arguments, or by both, of which the arguments count.
struct Question {
  std::filesystem::path table;
  std::filesystem::path signers;
  std::vector<std::string> required;
};

Result<Question> question_of(const VerifyArguments& arguments) {
  Question question{
      .table = arguments.table, .signers = arguments.signers, .required = arguments.parties};
  if (!arguments.config_file.empty()) {
    const Result<Config> config = load_config(arguments.config_file);
    if (!config) {
      return config.error();
    }
    if (question.table.empty()) {
      question.table = config->table_file;
    }
    if (question.signers.empty()) {
      question.signers = config->table.signers.value_or("");
    }
    if (question.required.empty()) {
      question.required = config->table.require;
    }
  }
  if (question.table.empty() || question.signers.empty()) {
    return Error{ErrorKind::kUsage,
                 question.table.empty()
                     ? "which table? name it, or natto.toml with -c"
                     : "by whose keys? name the file of allowed signers with --signers, or [table] "
                       "signers in natto.toml"};
  }
  return question;
}

Result<std::string> verify(const VerifyArguments& arguments) {
  const Result<Question> question = question_of(arguments);
  if (!question) {
    return question.error();
  }
  const Result<std::string> bytes = read_file(question->table);
  if (!bytes) {
    return input_error(fmt::format("{}: {}", question->table.string(), bytes.error().message));
  }
  const auto signers = load_signers(question->signers);
  if (!signers) {
    return signers.error();
  }
  const std::vector<std::string> named = ssh::named_principals(*signers);
  std::set<std::string> known(named.begin(), named.end());
  known.insert(question->required.begin(), question->required.end());
  std::set<std::string> parties = parties_beside(question->table, known);
  parties.insert(question->required.begin(), question->required.end());
  const WallTime now = std::chrono::system_clock::now();
  Lines good;
  Lines bad;
  Lines unasked;  // what is wrong and keeps nobody from taking the table
  std::vector<ssh::GoodSignature> counted;
  for (const std::string& party : parties) {
    const auto signature = signature_of(party, question->table, *bytes, *signers, now);
    if (!signature) {
      bad.add("{}", missing_signature(party, question->table));
    } else if (*signature) {
      good.add("{}: good, signed by {} with {} ({})",
               signature_file(question->table, party).string(), party, (*signature)->key_type,
               (*signature)->key);
      counted.push_back(**signature);
    } else {
      const bool counts = question->required.empty() ||
                          std::ranges::find(question->required, party) != question->required.end();
      (counts ? bad : unasked).add("{}", signature->error().message);
    }
  }
  std::fputs(unasked.take().c_str(), stderr);
  std::erase_if(counted, [&question](const ssh::GoodSignature& signature) {
    return std::ranges::find(question->required, signature.party) == question->required.end();
  });
  if (const std::string twice = same_key(counted, question->table); !twice.empty()) {
    bad.add("{}", twice);
  }
  std::string text = good.take();
  std::string errors = bad.take();
  if (text.empty() && errors.empty()) {
    return input_error(fmt::format("{}: nobody has signed it", question->table.string()));
  }
  if (!errors.empty()) {
    std::fputs(text.c_str(), stdout);
    errors.pop_back();
    return input_error(std::move(errors));
  }
  return text;
}

}  // namespace

void add_verify(CLI::App& app, Action& chosen) {
  CLI::App* command = app.add_subcommand("verify", "Verify the signatures of a file of mappings");
  command->footer(
      "A line for each signature beside the table, and for each party that must sign and has not.\n"
      "Exits with 1 if one of these is wrong or missing, or, where none must sign, any is wrong; "
      "other\n"
      "wrong ones are warnings. `natto check` also looks at the table itself, and at its serial.\n"
      "Examples: natto verify -c /etc/natto/natto.toml\n"
      "          natto verify --signers allowed_signers --require company-a mappings.toml");
  const auto arguments = std::make_shared<VerifyArguments>();
  command->add_option("table", arguments->table, "the table; that of natto.toml if left out")
      ->type_name("TABLE");
  add_config_option(*command, arguments->config_file);
  command
      ->add_option("--signers", arguments->signers,
                   "the file of allowed signers; that of natto.toml if left out")
      ->type_name("FILE");
  command
      ->add_option("--require", arguments->parties,
                   "a party that must have signed, again for each; those of natto.toml if left out")
      ->type_name("PARTY")
      ->allow_extra_args(false);
  command->callback([arguments, &chosen] { chosen = [arguments] { return verify(*arguments); }; });
}

}  // namespace natto
