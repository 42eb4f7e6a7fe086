// Runs tusd's handler over a folder, for tests that kill it and start it again over the same folder.
//
//	tusd --store DIR [--port N]
//
// Prints `listening PORT` once it answers at http://127.0.0.1:PORT/files/. Each completed upload adds one line
// `ID LENGTH` to DIR/completed.log, on disk before the client hears of it: tests count completions there.
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"

	"github.com/tus/tusd/pkg/filestore"
	"github.com/tus/tusd/pkg/handler"
	"github.com/tus/tusd/pkg/memorylocker"
)

func main() {
	store := flag.String("store", "", "folder of the uploads")
	port := flag.Int("port", 0, "TCP port on 127.0.0.1, 0 for any")
	flag.Parse()

	uploads := filepath.Join(*store, "uploads")
	must(os.MkdirAll(uploads, 0o755))
	completed, err := os.OpenFile(filepath.Join(*store, "completed.log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	must(err)

	composer := handler.NewStoreComposer()
	filestore.New(uploads).UseIn(composer)
	memorylocker.New().UseIn(composer)
	tus, err := handler.NewHandler(handler.Config{
		BasePath:      "/files/",
		StoreComposer: composer,
		Logger:        log.New(io.Discard, "", 0),
		PreFinishResponseCallback: func(event handler.HookEvent) error {
			if _, err := fmt.Fprintf(completed, "%s %d\n", event.Upload.ID, event.Upload.Size); err != nil {
				return err
			}
			return completed.Sync()
		},
	})
	must(err)

	http.Handle("/files/", http.StripPrefix("/files/", tus))
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", *port))
	must(err)
	fmt.Printf("listening %d\n", listener.Addr().(*net.TCPAddr).Port)
	// A test that dies leaves this pipe closed: end with it.
	go func() { _, _ = io.Copy(io.Discard, os.Stdin); os.Exit(0) }()
	must(http.Serve(listener, nil))
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
