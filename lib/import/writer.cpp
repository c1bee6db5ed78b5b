#include "import/writer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <string_view>
#include <vector>

namespace natto::old_rules {
namespace {

/// No more than fit a line; control characters would end a comment.
std::string in_a_line(std::string_view text) {
  constexpr std::size_t kLongest = 300;
  std::string line;
  for (const char c : text.substr(0, kLongest)) {
    line +=
        static_cast<unsigned char>(c) < 0x20 || c == 0x7f || static_cast<unsigned char>(c) >= 0x80
            ? '?'
            : c;
  }
  return line + (text.size() > kLongest ? "..." : "");
}

/// "line 3, line 5 and 12 more"
std::string cited(std::vector<std::string> places) {
  constexpr std::size_t kMost = 8;
  std::vector<std::string> distinct;
  for (std::string& place : places) {
    if (std::ranges::find(distinct, place) == distinct.end()) {
      distinct.push_back(std::move(place));
    }
  }
  const std::size_t more = distinct.size() > kMost ? distinct.size() - kMost : 0;
  distinct.resize(distinct.size() - more);
  return in_a_line(fmt::format("{}{}", fmt::join(distinct, ", "),
                               more == 0 ? "" : fmt::format(" and {} more", more)));
}

std::string listed(const std::vector<std::string>& names) {
  return names.size() == 1 ? fmt::format("\"{}\"", names[0])
                           : fmt::format("[\"{}\"]", fmt::join(names, "\", \""));
}

std::string entry_of(const ImportedMapping& mapping) {
  return fmt::format("[[mapping]]\nname = \"{}\"\n{}real = \"{}\"\nmapped = \"{}\"\n", mapping.name,
                     mapping.realm.empty() ? "" : fmt::format("realm = \"{}\"\n", mapping.realm),
                     to_string(mapping.real), to_string(mapping.mapped));
}

std::string entry_of(const ImportedRule& rule) {
  std::string text = fmt::format("[[allow]]\nname = \"{}\"\n", rule.name);
  if (rule.between) {
    text += fmt::format("between = [\"{}\", \"{}\"]\n", rule.from[0], rule.to[0]);
  } else {
    text += fmt::format("from = {}\nto = {}\n", listed(rule.from), listed(rule.to));
  }
  if (!rule.protocols.empty()) {
    text += fmt::format("protocol = {}\n", listed(rule.protocols));
  }
  if (!rule.ports.empty()) {
    text += fmt::format("ports = {}\n", listed(rule.ports));
  }
  return text;
}

template <typename Entry>
void add_entry(std::string& text, const Entry& entry) {
  text += '\n';
  if (!entry.places.empty()) {
    text += fmt::format("# {}\n", cited(entry.places));
  }
  if (entry.question.empty()) {
    text += entry_of(entry);
    return;
  }
  text += fmt::format("# QUESTION: {}\n", in_a_line(entry.question));
  const std::string body = entry_of(entry);
  std::string_view rest = body;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    text += fmt::format("#{}\n", rest.substr(0, end));
    rest.remove_prefix(end + 1);
  }
}

template <typename Entry>
std::size_t counted(const std::vector<Entry>& entries) {
  return static_cast<std::size_t>(
      std::ranges::count_if(entries, [](const Entry& entry) { return entry.question.empty(); }));
}

void add_remarks(std::string& text, std::string_view title, const std::vector<Remark>& remarks) {
  if (remarks.empty()) {
    return;
  }
  text += fmt::format("{}:\n", title);
  for (const Remark& remark : remarks) {
    text += fmt::format("  {}{}{}\n", in_a_line(remark.place), remark.place.empty() ? "" : ": ",
                        in_a_line(remark.text));
  }
}

template <typename Entry>
void add_questions(std::string& text, const std::vector<Entry>& entries, std::string_view kind) {
  for (const Entry& entry : entries) {
    if (!entry.question.empty()) {
      text += fmt::format("  {} {}{}: {}\n", kind, entry.name,
                          entry.places.empty() ? "" : fmt::format(" ({})", cited(entry.places)),
                          in_a_line(entry.question));
    }
  }
}

}  // namespace

std::string table_text(const ImportedTable& table, const std::string& source) {
  std::string text = fmt::format(
      "# Imported from {}. Above each entry stands where it comes from.\n", in_a_line(source));
  if (counted(table.mappings) == 0) {
    text += "mapping = []\n";
  }
  for (const ImportedMapping& mapping : table.mappings) {
    add_entry(text, mapping);
  }
  if (table.has_policy) {
    text +=
        "\n# The rules passed no more than what is allowed below.\n[policy]\ndefault = \"deny\"\n";
  }
  for (const ImportedRule& rule : table.rules) {
    add_entry(text, rule);
  }
  return text;
}

std::string report_text(const ImportedTable& table) {
  std::string text =
      fmt::format("carried over: {} mapping(s), {} rule(s) of who may talk to whom\n",
                  counted(table.mappings), counted(table.rules));
  add_remarks(text, "carried over with a difference", table.differences);
  add_remarks(text, "not carried over", table.not_carried);
  std::string questions;
  add_questions(questions, table.mappings, "mapping");
  add_questions(questions, table.rules, "rule");
  if (!questions.empty()) {
    text += "to be answered; commented out until then:\n" + questions;
  }
  for (const std::string& note : table.notes) {
    text += fmt::format("note: {}\n", note);
  }
  return text;
}

}  // namespace natto::old_rules
