# Completions are what the program itself says, so they are asked of it when it is installed.
if(NOT CMAKE_CROSSCOMPILING)
    install(CODE "set(loomrel \"$<TARGET_FILE:loomrel>\")\nset(made \"${CMAKE_CURRENT_BINARY_DIR}/completions\")\nset(data \"${CMAKE_INSTALL_DATADIR}\")")
    install(CODE [=[
        # zsh looks for what Debian's packages bring in a folder of their own.
        set(zsh site-functions)
        if(EXISTS /etc/debian_version AND CMAKE_INSTALL_PREFIX MATCHES "/usr$")
            set(zsh vendor-completions)
        endif()
        file(MAKE_DIRECTORY "${made}")
        foreach(shell "bash|bash-completion/completions/loomrel" "zsh|zsh/${zsh}/_loomrel" "fish|fish/vendor_completions.d/loomrel.fish")
            string(REPLACE "|" ";" shell "${shell}")
            list(GET shell 0 name)
            list(GET shell 1 path)
            cmake_path(GET path PARENT_PATH folder)
            cmake_path(GET path FILENAME file)
            execute_process(COMMAND "${loomrel}" completion ${name}
                OUTPUT_FILE "${made}/${file}.${name}" COMMAND_ERROR_IS_FATAL ANY)
            file(INSTALL "${made}/${file}.${name}" DESTINATION "${CMAKE_INSTALL_PREFIX}/${data}/${folder}" RENAME "${file}")
        endforeach()
    ]=])
endif()
