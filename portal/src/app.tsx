/** Which page stands at which address. */
import { lazy, Suspense } from "react";
import type { Status } from "./api";
import { useJson, useRoute, useTitle } from "./hooks";
import { BlockPage } from "./pages/block";
import { Blocks } from "./pages/blocks";
import { EnvelopePage } from "./pages/envelope";
import { MemberPage } from "./pages/member";
import { Members } from "./pages/members";
import { Overview } from "./pages/overview";
import { Policies } from "./pages/policies";
import { PolicyPage } from "./pages/policy";
import { Frame } from "./parts/frame";
import { useSettings } from "./settings";

const Verify = lazy(() => import("./pages/verify")); // the verifier comes when it is wanted

export function App() {
  const status = useJson<Status>("/explorer/status");
  const { parts } = useRoute();
  const [first = "overview", second] = parts;
  const page = () => {
    switch (first) {
      case "overview":
        return <Overview status={status} />;
      case "blocks":
        return second === undefined ? <Blocks /> : <BlockPage height={second} />;
      case "envelopes":
        return second === undefined ? <Missing /> : <EnvelopePage id={second} />;
      case "members":
        return second === undefined ? <Members /> : <MemberPage account={second} />;
      case "policies":
        return second === undefined ? <Policies /> : <PolicyPage set={second} />;
      case "verify":
        return (
          <Suspense fallback={<p className="loading">…</p>}>
            <Verify />
          </Suspense>
        );
      default:
        return <Missing />;
    }
  };
  return <Frame status={status}>{page()}</Frame>;
}

function Missing() {
  const { words } = useSettings();
  useTitle(words.missing);
  return <h1>{words.missing}</h1>;
}
