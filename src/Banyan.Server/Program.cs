return await Banyan.Server.Cli.CommandLine.RunAsync(args).ConfigureAwait(false);
