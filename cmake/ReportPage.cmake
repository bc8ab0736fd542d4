# SPDX-License-Identifier: Apache-2.0

# parnas_csp_hash(<variable> <text>)
# The SHA-256 of the text in base64: what a content security policy calls 'sha256-...'.
function(parnas_csp_hash variable text)
    set(alphabet ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/)
    string(SHA256 hex "${text}")
    string(APPEND hex "00")  # 32 bytes are padded to 33, eleven groups of three
    set(base64 "")
    foreach(group RANGE 0 60 6)
        string(SUBSTRING ${hex} ${group} 6 bytes)
        foreach(shift 18 12 6 0)
            math(EXPR index "(0x${bytes} >> ${shift}) & 63")
            string(SUBSTRING ${alphabet} ${index} 1 letter)
            string(APPEND base64 ${letter})
        endforeach()
    endforeach()
    string(REGEX REPLACE ".$" "=" base64 "${base64}")
    set(${variable} ${base64} PARENT_SCOPE)
endfunction()

# parnas_report_page(<page> OUTPUT <file> STYLE <file> SCRIPTS <file>...)
# Writes the page with its style and scripts in the places of @REPORT_STYLE@ and
# @REPORT_SCRIPT@, and their hashes in those of @..._HASH@. Works at configuration time.
function(parnas_report_page page)
    cmake_parse_arguments(ARG "" "OUTPUT;STYLE" "SCRIPTS" ${ARGN})
    set_property(DIRECTORY APPEND PROPERTY
        CMAKE_CONFIGURE_DEPENDS ${page} ${ARG_STYLE} ${ARG_SCRIPTS})
    file(READ ${page} html)
    file(READ ${ARG_STYLE} style)
    set(script "")
    foreach(file IN LISTS ARG_SCRIPTS)
        file(READ ${file} text)
        string(APPEND script "${text}")
    endforeach()
    parnas_csp_hash(style_hash "${style}")
    parnas_csp_hash(script_hash "${script}")
    string(REPLACE "@REPORT_STYLE_HASH@" "${style_hash}" html "${html}")
    string(REPLACE "@REPORT_SCRIPT_HASH@" "${script_hash}" html "${html}")
    string(REPLACE "@REPORT_STYLE@" "${style}" html "${html}")
    string(REPLACE "@REPORT_SCRIPT@" "${script}" html "${html}")
    file(WRITE ${ARG_OUTPUT}.new "${html}")
    file(COPY_FILE ${ARG_OUTPUT}.new ${ARG_OUTPUT} ONLY_IF_DIFFERENT)
endfunction()
