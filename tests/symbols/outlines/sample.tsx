export const App: FC = () => {
  return <div>{"x"}</div>;
};

function Row(props: Props) {
  return <tr />;
}
