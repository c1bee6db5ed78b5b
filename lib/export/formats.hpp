#pragma once

// The formats, one function for each; exporter.cpp chooses. `selected` are the table's mappings, or
// those of a realm.

#include <string>
#include <vector>

#include "export/exporter.hpp"
#include "export/packet_filter.hpp"

namespace natto::exports {

using Mappings = std::vector<const Mapping*>;

[[nodiscard]] std::string iptables_text(const FilterRules& rules, const std::string& title);
[[nodiscard]] std::string nft_text(const FilterRules& rules, const std::string& title);
[[nodiscard]] std::string csv_text(const Mappings& selected, const Config& config);
[[nodiscard]] std::string tgw_text(const Mappings& selected, const Config& config);
[[nodiscard]] Result<Exported> hosts_file(const Mappings& selected, const Options& options,
                                          const std::string& title);
[[nodiscard]] Result<Exported> route53_batch(const Mappings& selected, const Options& options,
                                             const std::string& title);
[[nodiscard]] Result<Exported> dnsmasq_lines(const Mappings& selected, const Config& config,
                                             const Options& options, const std::string& title);
[[nodiscard]] Result<Exported> aws_addresses(const Mappings& selected, const Config& config,
                                             const Options& options, const std::string& digest);

}  // namespace natto::exports
