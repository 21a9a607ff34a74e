// The only C++ here: UNO is a C++ interface. The headers come from Debian's libreoffice-dev and its cppumaker; headers.sh.
#include "document.h"
#include "fields.h"

#include <com/sun/star/beans/PropertyValue.hpp>
#include <com/sun/star/beans/XPropertySet.hpp>
#include <com/sun/star/container/XEnumerationAccess.hpp>
#include <com/sun/star/document/MacroExecMode.hpp>
#include <com/sun/star/document/UpdateDocMode.hpp>
#include <com/sun/star/document/XDocumentInsertable.hpp>
#include <com/sun/star/frame/XDesktop2.hpp>
#include <com/sun/star/frame/XModel.hpp>
#include <com/sun/star/frame/XStorable.hpp>
#include <com/sun/star/lang/XMultiComponentFactory.hpp>
#include <com/sun/star/text/XBookmarksSupplier.hpp>
#include <com/sun/star/text/XDocumentIndexesSupplier.hpp>
#include <com/sun/star/text/XText.hpp>
#include <com/sun/star/text/XTextContent.hpp>
#include <com/sun/star/uno/XComponentContext.hpp>
#include <com/sun/star/util/XCloseable.hpp>
#include <com/sun/star/util/XRefreshable.hpp>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <vector>

extern "C" const char *import_uno(void); // imports.c

namespace frame = com::sun::star::frame;
namespace uno = com::sun::star::uno;
namespace writer = com::sun::star::text;
using com::sun::star::beans::PropertyValue;
using com::sun::star::beans::XPropertySet;
using com::sun::star::container::XEnumeration;
using com::sun::star::util::XCloseable;
namespace MacroExecMode = com::sun::star::document::MacroExecMode;
namespace UpdateDocMode = com::sun::star::document::UpdateDocMode;
using rtl::OUString;
using uno::Any;
using uno::Reference;
using uno::Sequence;

struct document {
    Reference<frame::XModel> model;
};

static Reference<frame::XDesktop2> *desktop; // never destroyed: a child leaves without taking anything down
static char error[1024];

static OUString text(const char *utf8) {
    return OUString(utf8, strlen(utf8), RTL_TEXTENCODING_UTF8);
}

// Runs something that may throw, and keeps what it has thrown.
template <typename Run> static bool attempt(Run run) {
    try {
        run();
        return true;
    } catch (const uno::Exception &e) {
        const rtl::OString message = rtl::OUStringToOString(e.Message, RTL_TEXTENCODING_UTF8);
        snprintf(error, sizeof error, "%s", message.isEmpty() ? "LibreOffice gives no reason" : message.getStr());
    } catch (const std::exception &e) {
        snprintf(error, sizeof error, "%s", e.what());
    }
    return false;
}

template <typename Value> static PropertyValue property(const char *name, const Value &value) {
    PropertyValue p;
    p.Name = text(name);
    p.Value <<= value;
    return p;
}

static Sequence<PropertyValue> properties(const std::vector<PropertyValue> &all) {
    return Sequence<PropertyValue>(all.data(), all.size());
}

const char *connect_office(void) {
    const char *missing = import_uno();
    if (missing != nullptr)
        return missing;
    // LibreOffice's own, which no header of the SDK declares.
    auto context = reinterpret_cast<const Reference<uno::XComponentContext> &(*)()>(
        dlsym(RTLD_DEFAULT, "_ZN10comphelper26getProcessComponentContextEv"));
    if (context == nullptr)
        return "comphelper::getProcessComponentContext";
    bool found = attempt([&] {
        const Reference<uno::XComponentContext> &c = context();
        desktop = new Reference<frame::XDesktop2>(
            c->getServiceManager()->createInstanceWithContext(text("com.sun.star.frame.Desktop"), c), uno::UNO_QUERY_THROW);
    });
    return found ? nullptr : error;
}

struct document *load_document(const char *url) {
    struct document *loaded = nullptr;
    snprintf(error, sizeof error, "its filter gives no reason"); // some failures are no exceptions
    attempt([&] {
        const Reference<frame::XModel> model(
            (*desktop)->loadComponentFromURL(
                text(url), text("_blank"), 0,
                properties({
                    property("FilterName", text("MS Word 2007 XML")),
                    property("Hidden", true),
                    property("Silent", true),
                    property("MacroExecutionMode", MacroExecMode::NEVER_EXECUTE),
                    property("UpdateDocMode", UpdateDocMode::NO_UPDATE),
                })),
            uno::UNO_QUERY);
        if (model.is())
            loaded = new document{model};
    });
    return loaded;
}

int insert_file(struct document *document, const char *bookmark, const char *url, const char *filter) {
    return attempt([&] {
        // What comes in is no change to be shown.
        Reference<XPropertySet>(document->model, uno::UNO_QUERY_THROW)->setPropertyValue(text("RecordChanges"), Any(false));
        const Reference<writer::XBookmarksSupplier> supplier(document->model, uno::UNO_QUERY_THROW);
        const Reference<writer::XTextContent> mark(supplier->getBookmarks()->getByName(text(bookmark)), uno::UNO_QUERY_THROW);
        const Reference<writer::XTextRange> place(mark->getAnchor(), uno::UNO_QUERY_THROW);
        const Reference<com::sun::star::document::XDocumentInsertable> cursor(
            place->getText()->createTextCursorByRange(place), uno::UNO_QUERY_THROW);
        cursor->insertDocumentFromURL(text(url), properties({property("FilterName", text(filter))}));
    });
}

int update_indexes(struct document *document) {
    return attempt([&] {
        const Reference<com::sun::star::text::XDocumentIndexesSupplier> supplier(document->model, uno::UNO_QUERY_THROW);
        const Reference<com::sun::star::container::XIndexAccess> all(supplier->getDocumentIndexes(), uno::UNO_QUERY_THROW);
        // Twice: the first time makes the lines, and what comes after them moves to other pages.
        for (int round = 0; round < 2; round++)
            for (sal_Int32 i = 0; i < all->getCount(); i++)
                Reference<com::sun::star::util::XRefreshable>(all->getByIndex(i), uno::UNO_QUERY_THROW)->refresh();
    });
}

static Any value(const char *type, const char *value) {
    if (strcmp(type, "boolean") == 0)
        return Any(strcmp(value, "true") == 0);
    if (strcmp(type, "long") == 0)
        return Any(static_cast<sal_Int32>(atol(value)));
    return Any(text(value));
}

int store_document(struct document *document, const char *url, char *const *option, int options) {
    return attempt([&] {
        std::vector<PropertyValue> data;
        for (int i = 0; i < options; i++, option += OPTION_FIELDS) {
            PropertyValue p;
            p.Name = text(option[OPTION_NAME]);
            p.Value = value(option[OPTION_TYPE], option[OPTION_VALUE]);
            data.push_back(p);
        }
        const Reference<frame::XStorable> storable(document->model, uno::UNO_QUERY_THROW);
        storable->storeToURL(text(url), properties({
                                            property("FilterName", text("writer_pdf_Export")),
                                            property("FilterData", properties(data)),
                                        }));
    });
}

int document_pages(struct document *document) {
    sal_Int32 pages = 0;
    attempt([&] {
        const Reference<XPropertySet> view(document->model->getCurrentController(), uno::UNO_QUERY_THROW);
        view->getPropertyValue(text("PageCount")) >>= pages;
    });
    return pages;
}

int close_document(struct document *document) {
    bool closed = attempt([&] { Reference<XCloseable>(document->model, uno::UNO_QUERY_THROW)->close(true); });
    delete document;
    return closed;
}

int documents_open(void) {
    int count = 0;
    attempt([&] {
        const Reference<XEnumeration> all = (*desktop)->getComponents()->createEnumeration();
        for (; all->hasMoreElements(); all->nextElement())
            count++;
    });
    return count;
}

const char *document_error(void) { return error; }
