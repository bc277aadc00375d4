#include "cli/terminal/table.hpp"
#include "tests/support/catch.hpp"

using namespace loomrel;

TEST_CASE("a table makes foreign cells harmless and keeps its columns") {
    cli::Table table({"A", "B", "C"});
    table.add({"🚀", "x\ty\nz", ""});
    table.add({"яя", "\x1b[31mred", "end"});
    table.add({"short"});
    CHECK(table.aligned()
          == "A      B      C\n"
             "🚀     x y z\n"
             "яя     red    end\n"
             "short\n");
    CHECK(table.plain() == "🚀\tx y z\t\nяя\tred\tend\nshort\t\t\n");
}
