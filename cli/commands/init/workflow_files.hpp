#pragma once

#include <string_view>
#include <vector>

namespace loomrel::cli {

// A file of workflows/, as it was when this program was built (embed_workflows.cmake).
struct WorkflowFile {
    std::string_view name; // "on-create-version-tag.yaml.yml"
    std::string_view text;
};

[[nodiscard]] const std::vector<WorkflowFile>& workflow_files();

} // namespace loomrel::cli
