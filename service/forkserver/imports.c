#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>

// LibreOffice is not linked with: this program has to start without one, and then to take the one that it is told of.
// So each function that UNO's headers call is a jump to where LibreOffice has it. A function that is missing in this list
// is an error of the linker, one that LibreOffice does not have is one of the fork server's start.
#define IMPORTS(X)                                                                                                     \
    X(cppu_unsatisfied_iquery_msg)                                                                                     \
    X(osl_acquireMutex)                                                                                                \
    X(osl_decrementInterlockedCount)                                                                                   \
    X(osl_getGlobalMutex)                                                                                              \
    X(osl_releaseMutex)                                                                                                \
    X(rtl_allocateMemory)                                                                                              \
    X(rtl_freeMemory)                                                                                                  \
    X(rtl_string2UString)                                                                                              \
    X(rtl_string_release)                                                                                              \
    X(rtl_uString2String)                                                                                              \
    X(rtl_uString_acquire)                                                                                             \
    X(rtl_uString_assign)                                                                                              \
    X(rtl_uString_new)                                                                                                 \
    X(rtl_uString_newFromLiteral)                                                                                      \
    X(rtl_uString_release)                                                                                             \
    X(typelib_static_compound_type_init)                                                                               \
    X(typelib_static_mi_interface_type_init)                                                                           \
    X(typelib_static_sequence_type_init)                                                                               \
    X(typelib_static_type_getByTypeClass)                                                                              \
    X(typelib_typedescription_new)                                                                                     \
    X(typelib_typedescription_newEnum)                                                                                 \
    X(typelib_typedescription_newInterfaceMethod)                                                                      \
    X(typelib_typedescription_newMIInterface)                                                                          \
    X(typelib_typedescription_newStruct)                                                                               \
    X(typelib_typedescription_register)                                                                                \
    X(typelib_typedescription_release)                                                                                 \
    X(typelib_typedescriptionreference_new)                                                                            \
    X(typelib_typedescriptionreference_release)                                                                        \
    X(uno_any_construct)                                                                                               \
    X(uno_any_destruct)                                                                                                \
    X(uno_type_any_assign)                                                                                             \
    X(uno_type_any_construct)                                                                                          \
    X(uno_type_sequence_construct)                                                                                     \
    X(uno_type_sequence_destroy)

#if defined(__x86_64__)
#define JUMP(name) "jmp *import_" name "(%rip)\n"
#elif defined(__aarch64__)
#define JUMP(name) "adrp x16, import_" name "\nldr x16, [x16, :lo12:import_" name "]\nbr x16\n"
#endif

#define IMPORT(name)                                                                                                   \
    __attribute__((visibility("hidden"))) void *import_##name;                                                         \
    __asm__(".pushsection .text\n.hidden " #name "\n.globl " #name "\n.type " #name ", %function\n" #name ":\n"           \
            JUMP(#name) ".popsection");
IMPORTS(IMPORT)

// import_uno returns NULL, or the name of the first function that is not there.
const char *import_uno(void) {
#define FIND(name)                                                                                                     \
    import_##name = dlsym(RTLD_DEFAULT, #name);                                                                        \
    if (import_##name == NULL)                                                                                         \
        return #name;
    IMPORTS(FIND)
    return NULL;
}
