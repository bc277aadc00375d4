# Run by cpack over the folder that becomes the package: what Debian wants otherwise than
# `cmake --install`, and that the program starts on the release it is made for.
set(root "${CPACK_TEMPORARY_DIRECTORY}/usr")

function(compress file)
    execute_process(COMMAND gzip -9nf "${file}" COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(GLOB pages "${root}/share/man/man*/*.[1-9]")
foreach(page IN LISTS pages)
    compress("${page}")
endforeach()

file(READ "${CPACK_LOOMREL_CHANGELOG}" changelog)
if(NOT changelog MATCHES "^loomrel \\(${CPACK_PACKAGE_VERSION}\\) ")
    message(FATAL_ERROR "The changelog does not begin with version ${CPACK_PACKAGE_VERSION}: add an entry to ${CPACK_LOOMREL_CHANGELOG}")
endif()
string(LENGTH "loomrel (${CPACK_PACKAGE_VERSION})" length)
string(SUBSTRING "${changelog}" ${length} -1 changelog)
set(written "${root}/share/doc/loomrel/changelog")
file(WRITE "${written}" "loomrel (${CPACK_DEBIAN_PACKAGE_VERSION})${changelog}")
file(CHMOD "${written}" PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
compress("${written}")

# Whoever builds may have a strict umask; the package must not.
file(CHMOD_RECURSE "${root}" DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

# The glibc that each release has for good. A machine on which another release's glibc is installed
# makes programs that do not start on its own release.
set(glibc_bookworm 2.36)
set(glibc_trixie 2.41)
set(glibc_noble 2.39)
set(glibc_bullseye 2.31)
set(glibc_jammy 2.35)
set(has "${glibc_${CPACK_LOOMREL_RELEASE}}")
execute_process(COMMAND objdump -T "${root}/bin/loomrel" OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "GLIBC_[0-9]+\\.[0-9.]*[0-9]" needed "${symbols}")
if(NOT needed)
    message(FATAL_ERROR "${root}/bin/loomrel names no glibc symbol: which glibc it needs cannot be told")
endif()
list(REMOVE_DUPLICATES needed)
list(SORT needed COMPARE NATURAL ORDER DESCENDING)
list(GET needed 0 highest)
string(REPLACE "GLIBC_" "" highest "${highest}")
if(NOT has)
    message(WARNING "Which glibc '${CPACK_LOOMREL_RELEASE}' has is not known: the program needs ${highest}, unchecked")
elseif(highest VERSION_GREATER has)
    message(FATAL_ERROR "The program needs glibc ${highest}, and ${CPACK_LOOMREL_RELEASE} has ${has}: this machine mixes releases. Make the package in a clean root: .github/packaging/build_deb.sh ${CPACK_LOOMREL_RELEASE} .")
endif()
