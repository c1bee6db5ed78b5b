#pragma once

// The names that differ between the releases of DPDK that natto is built on, 22.11 to 25.11. Only
// this file asks which release it is.

#include <rte_telemetry.h>
#include <rte_version.h>

#include <cstdint>

namespace natto {

#if RTE_VERSION >= RTE_VERSION_NUM(23, 3, 0, 0)
/// Unsigned numbers of the telemetry's answers: "u64" until 23.03, "uint" from then on.
inline constexpr rte_tel_value_type kNumbers = RTE_TEL_UINT_VAL;
inline int add_dict_number(rte_tel_data* dict, const char* name, std::uint64_t number) {
  return rte_tel_data_add_dict_uint(dict, name, number);
}
inline int add_array_number(rte_tel_data* array, std::uint64_t number) {
  return rte_tel_data_add_array_uint(array, number);
}
#else
inline constexpr rte_tel_value_type kNumbers = RTE_TEL_U64_VAL;
inline int add_dict_number(rte_tel_data* dict, const char* name, std::uint64_t number) {
  return rte_tel_data_add_dict_u64(dict, name, number);
}
inline int add_array_number(rte_tel_data* array, std::uint64_t number) {
  return rte_tel_data_add_array_u64(array, number);
}
#endif

}  // namespace natto
