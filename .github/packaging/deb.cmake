# `cpack -G DEB` in the build folder: what the workflows install on a runner. build_deb.sh does it in
# a clean root of a release; on any other machine the package works where its libraries are.
set(CPACK_PACKAGE_CONTACT "The loomrel authors <loomrel@users.noreply.github.com>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "releases of services: deploy, test, roll back")
# The text under the summary; CPack indents it.
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"A branch goes to its author's dev host, a tag to stage and, after QA's yes in
Telegram, to production; and back again within seconds. The run is on the
host, over SSH and Docker Compose; the ledger of releases is in PostgreSQL,
in SQLite or behind a Release API.

loomrel is called by GitHub Actions, by people at a terminal and by scripts;
its command serve is the Release API and the Telegram bot.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
# Libraries are found in the program itself; what no library brings along: the zones in which dates
# are shown, and whom HTTPS believes.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "ca-certificates, tzdata")
# `init` and the deploys' defaults ask the work tree.
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "git")
set(CPACK_PROJECT_CONFIG_FILE ${CMAKE_CURRENT_LIST_DIR}/deb_release.cmake)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_LIST_DIR}/deb_finish.cmake)
set(CPACK_LOOMREL_CHANGELOG ${CMAKE_CURRENT_LIST_DIR}/changelog)
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON) # packs what was built, builds nothing
include(CPack)
