// Command kubernetes checks manifests of jobs as the API server of Kubernetes does when they are
// created: it takes no field that it does not know, and its own rules of validation hold. It
// reads them from standard input and says how many there are, or what is wrong, and exits with 1 then.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"k8s.io/kubernetes/pkg/apis/batch"
	_ "k8s.io/kubernetes/pkg/apis/batch/install"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	"k8s.io/kubernetes/pkg/registry/batch/job"
)

func main() {
	n, err := check(os.Stdin)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(n)
}

// check returns how many jobs there are, all of them valid.
func check(r io.Reader) (n int, err error) {
	strict := serializer.NewCodecFactory(legacyscheme.Scheme, serializer.EnableStrict).UniversalDeserializer()
	docs := utilyaml.NewYAMLReader(bufio.NewReader(r))
	for ; ; n++ {
		text, err := docs.Read()
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		obj, _, err := strict.Decode(text, nil, nil)
		if err != nil {
			return n, err
		}
		given, ok := obj.(*batchv1.Job)
		if !ok {
			return n, fmt.Errorf("a %T is no job", obj)
		}
		legacyscheme.Scheme.Default(given)
		j := new(batch.Job)
		if err := legacyscheme.Scheme.Convert(given, j, nil); err != nil {
			return n, err
		}
		if j.Namespace == "" {
			j.Namespace = "default"
		}
		rest.FillObjectMetaSystemFields(j)
		job.Strategy.PrepareForCreate(context.Background(), j)
		if list := job.Strategy.Validate(context.Background(), j); len(list) > 0 {
			return n, list.ToAggregate()
		}
		if list := job.Strategy.WarningsOnCreate(context.Background(), j); len(list) > 0 {
			return n, fmt.Errorf("the server warns: %q", list)
		}
	}
}
