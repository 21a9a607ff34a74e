#!/bin/bash
# Takes out of the image's file system what converting Word documents never reads. It runs once, while the image is
# built, and leaves neither a shell nor a package manager. That the same PDFs come out is shown by go run
# ./service/bench -conform.
set -euo pipefail
shopt -s nullglob

office=/usr/lib/libreoffice
libraries=/usr/lib/$(uname -m)-linux-gnu

# A cache as new as the fonts, or each start would look through them all.
fc-cache --force --system-only

# LibreOffice: pictures and texts for users, dialogs, wizards, macros, and filters for formats other than Word's.
rm -rf "$office"/share/{basic,gallery,template,wizards,xslt,autocorr,autotext,palette/*.soc,theme_definitions,Scripts,tipoftheday}
rm -rf "$office"/share/config/{wizard,images_*} /usr/share/libreoffice/share/config/images_*
rm -rf "$office"/program/{wizards,opencl,opengl,classes,intro*,gdbtrace,*.py,senddoc,unopkg*,uno.bin,regview,xpdfimport,shell}
find "$office"/share/config/soffice.cfg -type f ! -path '*/svt/ui/*' ! -path '*/sfx/ui/*' ! -path '*/svx/ui/*' ! -path '*/vcl/ui/*' \
  ! -path '*/modules/swriter/ui/annotation*' ! -path '*/modules/swriter/statusbar/*' ! -path '*/modules/swriter/menubar/*' \
  ! -path '*/modules/swriter/toolbar/*' ! -path '*/modules/swriter/popupmenu/*' -delete
rm -f "$office"/program/lib{wpftwriter,writerperfect,lwpft,hwp,t602filter,pdfimport,cmdmail,LanguageTool,vclplug_gen,dbahsql,ucpcmis1,mozbootstrap,ldapbe2}lo.so
rm -f "$libraries"/lib{mwaw-0,etonyek-0,wps-0,staroffice-0,abw-0,e-book-0,epubgen-0,odfgen-0,wpd-0,wpg-0,freehand-0,poppler}*.so*

# The system: documentation, languages, and everything that can be run.
rm -rf /usr/share/{doc,man,info,locale,lintian,bug,bash-completion,perl5,debconf,common-licenses,applications,icons,mime,metainfo,gdb}
rm -rf "$libraries"/{perl,perl-base,gconv/gconv-modules.d,systemd} /usr/lib/{apt,dpkg,systemd,udev,python3*,tmpfiles.d,sysusers.d}
rm -rf /var/lib/apt /var/cache/{apt,debconf,ldconfig} /var/lib/dpkg /var/log/* /var/backups /etc/{apt,dpkg,cron.daily,init.d,systemd}
# The last command: what it removes includes itself.
rm -f /trim.sh
mv /usr/bin/qpdf /usr/local/bin/qpdf
rm -rf /usr/local/sbin /usr/sbin /usr/bin
