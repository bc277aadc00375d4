#include "lib/terminal/table.hpp"
#include "tests/support/catch.hpp"

using namespace loomrel;

TEST_CASE("a table makes foreign cells harmless and keeps its columns") {
    terminal::Table table({"A", "B", "C"});
    table.add({"🚀", "x\ty\nz", ""});
    table.add({"яя", "\x1b[31mred", "end"});
    table.add({"short"});
    CHECK(table.aligned(80)
          == "A      B      C\n"
             "🚀     x y z\n"
             "яя     red    end\n"
             "short\n");
    CHECK(table.plain() == "🚀\tx y z\t\nяя\tred\tend\nshort\t\t\n");
}

TEST_CASE("a table that is wider than the terminal becomes records") {
    terminal::Table table({"HOST", "SERVES", "REMARK"});
    table.add({"root@prod-1", "v1.2.3", "what somebody should look at, in words"});
    table.add({"root@prod-2", "-", ""});
    const std::string wide = "HOST         SERVES  REMARK\n"
                             "root@prod-1  v1.2.3  what somebody should look at, in words\n"
                             "root@prod-2  -\n";
    CHECK(table.aligned(59) == wide);
    const std::string narrow = "HOST    root@prod-1\n"
                               "SERVES  v1.2.3\n"
                               "REMARK  what somebody should\n"
                               "        look at, in words\n"
                               "\n"
                               "HOST    root@prod-2\n";
    CHECK(table.aligned(58) != wide);
    CHECK(table.aligned(30) == narrow);
    CHECK(table.aligned(4).starts_with("HOST    root@prod-1\n"));
}
