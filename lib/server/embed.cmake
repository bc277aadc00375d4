# openapi.json becomes a string constant.
set(output ${CMAKE_BINARY_DIR}/generated/lib/server/openapi.cpp)
set(file ${CMAKE_SOURCE_DIR}/lib/server/openapi.json)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
file(READ ${file} body)
file(CONFIGURE OUTPUT ${output} @ONLY CONTENT "#include \"lib/server/api.hpp\"

namespace loomrel::server {

std::string_view openapi() {
    return R\"openapi(${body})openapi\";
}

} // namespace loomrel::server
")
target_sources(loomrel_server PRIVATE ${output})
