#pragma once

#include <string>
#include <string_view>

namespace loomrel::release {

// What may stand in names that reach git, a shell, a path or an image (faults.md, "Git refs").
// The check_ functions throw Error(usage) naming the value and the rule; nothing was started then.
inline constexpr std::size_t k_max_ref_length = 128;

// vX.Y.Z with an optional "-suffix" of letters, digits, dots and hyphens.
[[nodiscard]] bool is_release_tag(std::string_view tag);
// Allow-list ^[A-Za-z0-9][A-Za-z0-9._/+-]{0,127}$ and git's own rules for a ref.
[[nodiscard]] bool is_safe_ref(std::string_view ref);
// ^[a-z0-9A-Z][A-Za-z0-9._-]{0,62}$, no "..".
[[nodiscard]] bool is_service_name(std::string_view name);
// 40 or 64 lower-case hexadecimal digits.
[[nodiscard]] bool is_commit(std::string_view commit);
// What a host may call a version that it serves: a tag of any form, or a commit. Letters, digits
// and . _ / + -, at most 300.
[[nodiscard]] bool is_version_name(std::string_view name);
// GitHub's number of a run, or what stands for one: letters, digits and . _ -, at most 128.
[[nodiscard]] bool is_github_run(std::string_view id);
// An http(s) address without blanks, quotes and angle brackets, at most 2048 bytes.
[[nodiscard]] bool is_link(std::string_view link);
// One line of plain text, at most so many bytes; not empty.
inline constexpr std::size_t k_longest_line = 200;
[[nodiscard]] bool is_line(std::string_view text, std::size_t longest = k_longest_line);

void check_release_tag(std::string_view tag);
void check_branch(std::string_view branch);
void check_service_name(std::string_view name);
void check_commit(std::string_view commit);
void check_version_name(std::string_view name);

// 1 newer, 0 the same, -1 older, by semantic versioning's precedence (2.0.0, section 11).
[[nodiscard]] int compare_tags(std::string_view left, std::string_view right);

// A name made fit for an image name component: lower case, [a-z0-9_.-], and a short hash of the
// name when anything had to change, so that two services never share one.
[[nodiscard]] std::string image_slug(std::string_view name);

} // namespace loomrel::release
