// Doccheck names what is public and has no comment.
// usage: doccheck FOLDER
package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	missing, err := check(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	for _, place := range missing {
		fmt.Fprintln(os.Stderr, place+" is public and has no comment")
	}
	if len(missing) > 0 {
		os.Exit(1)
	}
}

// check returns where comments are missing in the files below a folder, tests left out.
func check(folder string) ([]string, error) {
	var missing []string
	files := token.NewFileSet()
	err := filepath.WalkDir(folder, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(files, path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		for _, name := range uncommented(file) {
			missing = append(missing, files.Position(name.Pos()).String()+": "+name.Name)
		}
		return nil
	})
	return missing, err
}

func uncommented(file *ast.File) []*ast.Ident {
	var names []*ast.Ident
	for _, declaration := range file.Decls {
		switch d := declaration.(type) {
		case *ast.FuncDecl:
			if d.Name.IsExported() && isPublic(d.Recv) && d.Doc == nil {
				names = append(names, d.Name)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				names = append(names, ofSpec(spec, d.Doc)...)
			}
		}
	}
	return names
}

// isPublic tells whether a method's receiver is an exported type; a function has none.
func isPublic(receiver *ast.FieldList) bool {
	if receiver == nil {
		return true
	}
	public := false
	ast.Inspect(receiver.List[0].Type, func(node ast.Node) bool {
		if name, isName := node.(*ast.Ident); isName && !public {
			public = name.IsExported()
			return false
		}
		return true
	})
	return public
}

func ofSpec(spec ast.Spec, group *ast.CommentGroup) []*ast.Ident {
	var names []*ast.Ident
	switch s := spec.(type) {
	case *ast.TypeSpec:
		if !s.Name.IsExported() {
			return nil
		}
		if s.Doc == nil && group == nil {
			names = append(names, s.Name)
		}
		if structure, isStruct := s.Type.(*ast.StructType); isStruct {
			names = append(names, ofFields(structure)...)
		}
	case *ast.ValueSpec:
		for _, name := range s.Names {
			if name.IsExported() && s.Doc == nil && group == nil {
				names = append(names, name)
			}
		}
	}
	return names
}

func ofFields(structure *ast.StructType) []*ast.Ident {
	var names []*ast.Ident
	for _, field := range structure.Fields.List {
		for _, name := range field.Names {
			if name.IsExported() && field.Doc == nil && field.Comment == nil {
				names = append(names, name)
			}
		}
	}
	return names
}
