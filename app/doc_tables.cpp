// Prints the tables that the documents embed, from the same lists the program uses. Not installed.

#include <fmt/format.h>

#include <cstdio>
#include <string_view>

#include "api/messages_markdown.hpp"
#include "audit/event.hpp"
#include "config/schema.hpp"
#include "doctor/finding.hpp"
#include "exporter/metric_list.hpp"
#include "inspect/applications.hpp"
#include "packet/drop_reasons.hpp"

namespace {

void print_drop_reasons() {
  fmt::print("| reason | requirement | meaning | what to do |\n| --- | --- | --- | --- |\n");
  for (const natto::DropReasonInfo& reason : natto::kDropReasons) {
    fmt::print("| `{}` | {} | {} | {} |\n", reason.name, reason.requirement, reason.meaning,
               reason.advice);
  }
}

void print_checks() {
  fmt::print("| check | what it looks at | what to do |\n| --- | --- | --- |\n");
  for (const natto::CheckInfo& check : natto::kChecks) {
    fmt::print("| `{}` | {} | {} |\n", check.name, check.looks_at, check.what_to_do);
  }
}

void print_audit_events() {
  fmt::print("| `event` | when |\n| --- | --- |\n");
  for (const natto::AuditKindInfo& kind : natto::kAuditKinds) {
    fmt::print("| `{}` | {} |\n", kind.name, kind.meaning);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view table = argc == 2 ? argv[1] : "";
  if (table == "api") {
    fmt::print("{}", natto::api::messages_markdown());
  } else if (table == "configuration") {
    fmt::print("{}", natto::configuration_markdown());
  } else if (table == "drop-reasons") {
    print_drop_reasons();
  } else if (table == "doctor") {
    print_checks();
  } else if (table == "metrics") {
    fmt::print("{}", natto::metrics_markdown());
  } else if (table == "applications-nothing") {
    fmt::print("{}", natto::applications_markdown(natto::AppNeeds::kNothing));
  } else if (table == "applications-setting") {
    fmt::print("{}", natto::applications_markdown(natto::AppNeeds::kSetting));
  } else if (table == "applications-else") {
    fmt::print("{}", natto::applications_markdown(natto::AppNeeds::kSomethingElse));
  } else if (table == "audit-events") {
    print_audit_events();
  } else {
    fmt::print(stderr,
               "usage: doc_tables api|applications-nothing|applications-setting|applications-else|"
               "audit-events|configuration|drop-reasons|doctor|metrics\n");
    return 2;
  }
  return 0;
}
