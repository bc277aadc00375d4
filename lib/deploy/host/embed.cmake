# The host's shell functions become string constants. Whole lines of comment are left out, and nothing
# else: packed for the wire they are a third of the text (11 of 33 KB), and a look sends it each time.
# A line of a here-document or a string that looks like one fails a test in script_test.cpp.
set(output ${CMAKE_BINARY_DIR}/generated/lib/deploy/host_scripts.cpp)
set(text "#include \"lib/deploy/host_scripts.hpp\"\n\nnamespace loomrel::deploy {\n")
foreach(name lock lay boot run view tree git versions health hooks capsule prune record back command compose compose_verify compose_kept compose_hold look kept doctor logs)
    set(file ${CMAKE_SOURCE_DIR}/lib/deploy/host/${name}.sh)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    file(READ ${file} body)
    string(REGEX REPLACE "\n[ \t]*#[^\n]*" "" body "\n${body}")
    string(REGEX REPLACE "^\n+" "" body "${body}")
    string(APPEND text "\nconst std::string_view k_host_${name} = R\"host(${body})host\";\n")
endforeach()
string(APPEND text "\n} // namespace loomrel::deploy\n")
file(CONFIGURE OUTPUT ${output} CONTENT "${text}" @ONLY)
target_sources(loomrel_deploy PRIVATE ${output})
