// Several clusters at once would measure the machine.
[assembly: Xunit.CollectionBehavior(DisableTestParallelization = true)]
