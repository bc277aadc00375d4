#include "cli/syntax/completion_script.hpp"

#include "cli/syntax/parse.hpp"
#include "lib/base/shell_quote.hpp"
#include "lib/base/text.hpp"

#include <algorithm>
#include <vector>

namespace loomrel::cli {

namespace {

// One node with everything that may be typed behind it.
struct Node {
    std::string path; // "release list", "" = the program
    const Command* command;
    std::vector<const Parameter*> flags; // its own and the global ones
};

void collect(const Command& command,
             const std::vector<Parameter>& globals,
             std::vector<Node>& nodes) {
    Node node{command.path(), &command, {}};
    for (const Parameter& each : command.options()) {
        node.flags.push_back(&each);
    }
    for (const Parameter& each : globals) {
        node.flags.push_back(&each);
    }
    nodes.push_back(std::move(node));
    for (const Command& each : command.commands()) {
        collect(each, globals, nodes);
    }
}

bool takes_file(const Parameter& parameter) {
    return parameter.value == "FILE";
}

// The flags that swallow the next word: it is a value, never a command.
std::string valued_flags(const std::vector<Node>& nodes) {
    std::vector<std::string> names;
    for (const Node& node : nodes) {
        for (const Parameter* each : node.flags) {
            for (const std::string& name : {each->long_name, each->short_name}) {
                if (!each->value.empty() && !name.empty()
                    && std::find(names.begin(), names.end(), name) == names.end()) {
                    names.push_back(name);
                }
            }
        }
    }
    return join(names, "|");
}

std::string words_of(const Node& node) {
    std::vector<std::string> words;
    for (const Command& each : node.command->commands()) {
        words.push_back(each.name());
    }
    for (const Parameter& each : node.command->arguments()) {
        words.insert(words.end(), each.choices.begin(), each.choices.end());
    }
    return join(words, " ");
}

std::string flags_of(const Node& node) {
    std::vector<std::string> words;
    for (const Parameter* each : node.flags) {
        words.push_back(each->long_name);
        if (!each->short_name.empty()) {
            words.push_back(each->short_name);
        }
    }
    return join(words, " ");
}

// "path:flag" patterns and what completes the value.
std::string bash_values(const std::vector<Node>& nodes) {
    std::string text;
    for (const Node& node : nodes) {
        for (const Parameter* each : node.flags) {
            if (each->value.empty()) {
                continue;
            }
            std::string patterns = shell_quote(node.path + ":" + each->long_name);
            if (!each->short_name.empty()) {
                patterns += "|" + shell_quote(node.path + ":" + each->short_name);
            }
            std::string action = "return";
            if (!each->choices.empty()) {
                action = "COMPREPLY=($(compgen -W " + shell_quote(join(each->choices, " "))
                         + " -- \"$cur\")); return";
            } else if (takes_file(*each)) {
                action = "COMPREPLY=($(compgen -f -- \"$cur\")); return";
            }
            text += "        " + patterns + ") " + action + " ;;\n";
        }
    }
    return text;
}

std::string bash_script(const std::vector<Node>& nodes) {
    std::string paths;
    std::string replies;
    for (const Node& node : nodes) {
        if (!node.path.empty()) {
            paths += (paths.empty() ? "" : "|") + shell_quote(node.path);
        }
        replies += "        " + shell_quote(node.path) + ") words=" + shell_quote(words_of(node))
                   + "; flags=" + shell_quote(flags_of(node)) + " ;;\n";
    }
    return "# bash completion of loomrel: source <(loomrel completion bash)\n"
           "_loomrel() {\n"
           "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
           "    local path='' words='' flags='' i\n"
           "    COMPREPLY=()\n"
           "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
           "        case ${COMP_WORDS[i]} in\n"
           "        "
           + valued_flags(nodes)
           + ") i=$((i + 1)) ;;\n"
             "        -*) ;;\n"
             "        *)\n"
             "            case ${path:+$path }${COMP_WORDS[i]} in\n"
             "            "
           + paths
           + ") path=${path:+$path }${COMP_WORDS[i]} ;;\n"
             "            esac ;;\n"
             "        esac\n"
             "    done\n"
             "    case $path:$prev in\n"
           + bash_values(nodes)
           + "    esac\n"
             "    case $path in\n"
           + replies
           + "    esac\n"
             "    if [[ $cur == -* ]]; then words=$flags; fi\n"
             "    COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
             "}\n"
             "complete -F _loomrel loomrel\n";
}

std::string zsh_spec(const Parameter& parameter, const std::string& name, Language language) {
    std::string about;
    for (const char letter : messages::say(language, parameter.help)) {
        if (letter == '[' || letter == ']' || letter == '\\' || letter == ':') {
            about += '\\';
        }
        about += letter;
    }
    std::string spec = name + "[" + about + "]";
    if (!parameter.value.empty()) {
        spec += ":" + parameter.value + ":";
        if (!parameter.choices.empty()) {
            spec += "(" + join(parameter.choices, " ") + ")";
        } else if (takes_file(parameter)) {
            spec += "_files";
        }
    }
    return shell_quote(spec);
}

std::string zsh_function(const std::string& path) {
    std::string name = path.empty() ? "_loomrel" : "_loomrel_" + path;
    std::replace_if(
        name.begin(), name.end(), [](char c) { return c == ' ' || c == '-'; }, '_');
    return name;
}

std::string zsh_script(const std::vector<Node>& nodes, Language language) {
    std::string text = "#compdef loomrel\n# zsh completion: source <(loomrel completion zsh)\n";
    for (const Node& node : nodes) {
        text += zsh_function(node.path) + "() {\n    _arguments -C";
        for (const Parameter* each : node.flags) {
            for (const std::string& name : {each->long_name, each->short_name}) {
                if (!name.empty()) {
                    text += " \\\n        " + zsh_spec(*each, name, language);
                }
            }
        }
        if (node.command->commands().empty()) {
            for (const Parameter& each : node.command->arguments()) {
                text += " \\\n        "
                        + shell_quote(
                            ":" + each.value + ":"
                            + (each.choices.empty() ? "" : "(" + join(each.choices, " ") + ")"));
            }
            text += "\n}\n";
            continue;
        }
        text += " \\\n        '1: :->command' \\\n        '*:: :->rest'\n    case $state in\n"
                "    command) local -a commands=(\n";
        std::string cases;
        for (const Command& each : node.command->commands()) {
            text += "        "
                    + shell_quote(each.name() + ":" + messages::say(language, each.about())) + "\n";
            cases += "        " + each.name() + ") " + zsh_function(each.path()) + " ;;\n";
        }
        text += "        )\n        _describe command commands ;;\n    rest) case $words[1] in\n"
                + cases + "        esac ;;\n    esac\n}\n";
    }
    return text
           + "if [ \"$funcstack[1]\" = _loomrel ]; then _loomrel \"$@\"; "
             "else compdef _loomrel loomrel; fi\n";
}

std::string fish_script(const std::vector<Node>& nodes, Language language) {
    // fish itself quotes as sh does, but for the backslash within single quotes.
    const auto quoted = [](std::string_view text) {
        std::string out = "'";
        for (const char letter : text) {
            if (letter == '\'' || letter == '\\') {
                out += '\\';
            }
            out += letter;
        }
        return out + "'";
    };
    const std::string valued = valued_flags(nodes);
    std::string patterns;
    for (const std::string_view each : split(valued, '|')) {
        patterns += " " + std::string(each);
    }
    std::string paths;
    for (const Node& node : nodes) {
        if (!node.path.empty()) {
            paths += " " + quoted(node.path);
        }
    }
    std::string text = "# fish completion: loomrel completion fish | source\n"
                       "function __loomrel_path\n"
                       "    set -l path\n"
                       "    set -l skip 0\n"
                       "    for word in (commandline -opc)[2..-1]\n"
                       "        if test $skip = 1\n"
                       "            set skip 0\n"
                       "        else if contains -- $word"
                       + patterns
                       + "\n"
                         "            set skip 1\n"
                         "        else if not string match -q -- '-*' $word\n"
                         "            set -l longer (string join ' ' $path $word)\n"
                         "            if contains -- $longer"
                       + paths
                       + "\n"
                         "                set path $longer\n"
                         "            end\n"
                         "        end\n"
                         "    end\n"
                         "    echo $path\n"
                         "end\n"
                         "complete -c loomrel -f\n";
    for (const Node& node : nodes) {
        const std::string when =
            "complete -c loomrel -n " + quoted("test (__loomrel_path) = " + quoted(node.path));
        for (const Command& each : node.command->commands()) {
            text += when + " -a " + quoted(each.name()) + " -d "
                    + quoted(messages::say(language, each.about())) + "\n";
        }
        for (const Parameter& each : node.command->arguments()) {
            if (!each.choices.empty()) {
                text += when + " -a " + quoted(join(each.choices, " ")) + "\n";
            }
        }
        for (const Parameter* each : node.flags) {
            text += when + " -l " + each->long_name.substr(2);
            if (!each->short_name.empty()) {
                text += " -s " + each->short_name.substr(1);
            }
            if (!each->value.empty()) {
                text += takes_file(*each) ? " -r -F" : " -x";
            }
            if (!each->choices.empty()) {
                text += " -a " + quoted(join(each->choices, " "));
            }
            text += " -d " + quoted(messages::say(language, each->help)) + "\n";
        }
    }
    return text;
}

} // namespace

std::string completion_script(const Command& program, Shell shell, Language language) {
    GlobalOptions unused;
    const std::vector<Parameter> globals = global_parameters(unused);
    std::vector<Node> nodes;
    collect(program, globals, nodes);
    switch (shell) {
    case Shell::bash:
        return bash_script(nodes);
    case Shell::zsh:
        return zsh_script(nodes, language);
    case Shell::fish:
        return fish_script(nodes, language);
    }
    return {};
}

} // namespace loomrel::cli
