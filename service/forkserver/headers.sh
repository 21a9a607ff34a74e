#!/usr/bin/env bash
# Makes the C++ headers of LibreOffice's interfaces that document.cxx needs: all that it names, and what those name. They
# go where cgo.go looks for them, which takes root. Debian's libreoffice-dev brings the maker and the types.
set -euo pipefail
office=${1:-/usr/lib/libreoffice}
rm -rf /usr/local/include/libreoffice-uno
LD_LIBRARY_PATH="$office/program" "$office/sdk/bin/cppumaker" -Gc -O/usr/local/include/libreoffice-uno \
  -Tcom.sun.star.beans.PropertyValue \
  -Tcom.sun.star.beans.XPropertySet \
  -Tcom.sun.star.container.XEnumerationAccess \
  -Tcom.sun.star.document.MacroExecMode \
  -Tcom.sun.star.document.UpdateDocMode \
  -Tcom.sun.star.document.XDocumentInsertable \
  -Tcom.sun.star.frame.XDesktop2 \
  -Tcom.sun.star.frame.XModel \
  -Tcom.sun.star.frame.XStorable \
  -Tcom.sun.star.lang.XMultiComponentFactory \
  -Tcom.sun.star.text.XBookmarksSupplier \
  -Tcom.sun.star.text.XDocumentIndexesSupplier \
  -Tcom.sun.star.text.XText \
  -Tcom.sun.star.text.XTextContent \
  -Tcom.sun.star.uno.XComponentContext \
  -Tcom.sun.star.util.XCloseable \
  -Tcom.sun.star.util.XRefreshable \
  "$office/program/types.rdb" "$office/program/types/offapi.rdb"
