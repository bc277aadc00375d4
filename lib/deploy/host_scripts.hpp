#pragma once

#include <string_view>

namespace loomrel::deploy {

// The files of lib/deploy/host, embedded when the build is configured (host/embed.cmake).
extern const std::string_view k_host_lock;
extern const std::string_view k_host_lay;
extern const std::string_view k_host_boot;
extern const std::string_view k_host_run;
extern const std::string_view k_host_view;
extern const std::string_view k_host_tree;
extern const std::string_view k_host_git;
extern const std::string_view k_host_versions;
extern const std::string_view k_host_health;
extern const std::string_view k_host_hooks;
extern const std::string_view k_host_capsule;
extern const std::string_view k_host_prune;
extern const std::string_view k_host_record;
extern const std::string_view k_host_back;
extern const std::string_view k_host_command;
extern const std::string_view k_host_compose;
extern const std::string_view k_host_compose_verify;
extern const std::string_view k_host_compose_kept;
extern const std::string_view k_host_compose_hold;
extern const std::string_view k_host_look;
extern const std::string_view k_host_kept;
extern const std::string_view k_host_doctor;
extern const std::string_view k_host_logs;

} // namespace loomrel::deploy
