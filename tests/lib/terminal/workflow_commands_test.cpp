#include "lib/terminal/workflow_commands.hpp"
#include "tests/support/catch.hpp"

#include <string>

using namespace loomrel;
namespace workflow = terminal::workflow;

TEST_CASE("workflow commands escape what would end them") {
    CHECK(workflow::group("a%b\nc") == "::group::a%25b%0Ac");
    CHECK(workflow::error("stage: a,b", "100%\r\n::error::x")
          == "::error title=stage%3A a%2Cb::100%25%0D%0A::error::x");
    CHECK(workflow::add_mask("a\nb") == "::add-mask::a%0Ab");
    CHECK(workflow::stop_commands("t") == "::stop-commands::t");
    CHECK(workflow::resume_commands("t") == "::t::");
    CHECK(workflow::error("t", std::string(5000, 'x'))
          == "::error title=t::" + std::string(4096, 'x') + "…");
}

TEST_CASE("a line is inert if the runner cannot take it for a command") {
    for (const char* line : {"", "text", "a ::error::x", "✅ Сборка v1 ::x::", "🚀 ::x::", "# [x]"}) {
        INFO(line);
        CHECK(workflow::is_inert(line));
    }
    for (const char* line : {"::x::", " \t::x::", "\u00a0::x::", "\u3000::x::", "a ##[error]b"}) {
        INFO(line);
        CHECK_FALSE(workflow::is_inert(line));
    }
}
