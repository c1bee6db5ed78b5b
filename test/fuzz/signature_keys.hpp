#pragma once

#include <string_view>

namespace natto::fuzz {

/// A key of each type, whose signatures of kSignedContent are in the corpus. Their private parts
/// are gone.
inline constexpr std::string_view kSigners =
    "party namespaces=\"natto-table\" ssh-ed25519 "
    "AAAAC3NzaC1lZDI1NTE5AAAAIOl1NPbxST4B37YVa0JgEqp6HwSltG+72O351+N1WigT\n"
    "party namespaces=\"natto-table\" ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTY"
    "AAAAIbmlzdHAyNTYAAABBBCSRyKPBetaYu0rft0XXhwK1tL+MRG5Is9V6Qoo1A/jAr6JfQzwgmBNCb2EWglw"
    "oQzZBPxMv+NHMl4GyDCtW4ik=\n"
    "party namespaces=\"natto-table\" ecdsa-sha2-nistp384 AAAAE2VjZHNhLXNoYTItbmlzdHAzODQ"
    "AAAAIbmlzdHAzODQAAABhBDPsjZtbg3n8OmoJJodFoEm+MQa4uSpKG5dCS8k2exwqgNqGeFND1T4/QakX0Q9"
    "9iVj9SLePQICAC0FJoaKQUyayqxkW3lZmMW22R4Op2h6tOv4q3HLXK5PH6ddLMKrt2Q==\n"
    "party namespaces=\"natto-table\" ecdsa-sha2-nistp521 AAAAE2VjZHNhLXNoYTItbmlzdHA1MjE"
    "AAAAIbmlzdHA1MjEAAACFBAHuW9pyFxzvZe7qIMmoSxnP2CdnkjsogKiOP8zn9+C2VMQELZvxcoWIJS2LR9L"
    "7p77m9TwuGxvbApSdH4nxdfV2ZAG0T68e8EnU8hjcFPxtaS39XfVyaPNmKKrK3QG/npnzPskt09OmXLMpN8n"
    "9zcM6eXXN5ioFNgzoxNsAj028MvBURQ==\n"
    "party namespaces=\"natto-table\" ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQCRhrBdnJXCacS"
    "teEmq1P6BnlFBSLaXxaL0jf7A9muEPLfsMjjOIVKDINlS1i7E7JXuTw4prMd1ejpUNVfxBdWMBV3S4QETalY"
    "Q9moy+Pum3Ps8SWALnyrgkF59LDXXxrPJmFH10+9BBRWwRZqG6/dNIzbOiHMEyBEA1b0YnCdvpj/DMcmIix4"
    "6bg0RCVi0oytRAExVnUUYM2lVHF+K7Eh0tMfEv8/Mck86anbgPct8Q6eqyJXi2m6/iDwCzivhN/AlbeK/2qm"
    "EMho1QWlNVKY3V61AveJ5Jefb8PhC0+2vkg2jGDHkCC0g0zF7165eZ0AFaac8wP3OCdwKxU/FNUKT\n"
    "party namespaces=\"natto-table\" sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5"
    "QG9wZW5zc2guY29tAAAAIOYcdNmG+LxFgT7qG88GIQ8kIVzj13HFh2Ci3zjx+EbRAAAABHNzaDo=\n"
    "party namespaces=\"natto-table\" sk-ecdsa-sha2-nistp256@openssh.com AAAAInNrLWVjZHNh"
    "LXNoYTItbmlzdHAyNTZAb3BlbnNzaC5jb20AAAAIbmlzdHAyNTYAAABBBLaERyHhP/Vlsxcj0sCiKPidXA6k"
    "V/bN+D54UTHAMKFfMF20QnpbO06tuQXXnO3212yIyfQu0LQHK/LgG/IBzVEAAAAEc3NoOg==\n";
inline constexpr std::string_view kSignedContent = "serial = 1\nmapping = []\n";

}  // namespace natto::fuzz
