#include "cli/program.hpp"

int main(int argc, char** argv) {
    return loomrel::cli::run(argc, argv);
}
